"""Word lists that the sample company's names are drawn from."""

from __future__ import annotations

FIRST_NAMES = tuple(
    """Ada Aisha Alan Alice Amara Amelia Ana Andre Anika Anton Astrid Ben Bianca Bruno Camila Carl Carmen Chen Clara
    Daniel Daria David Deepa Diego Elena Elias Emil Emma Erik Esther Eva Farah Felix Fiona Frida Gabriel Grace Greta
    Hana Hassan Helen Hugo Ida Ines Irene Ivan Jack James Jana Jonas Julia Karim Kate Keiko Kofi Lara Laura Lea Leo
    Lena Liam Lina Louis Lucia Lukas Maja Marco Maria Marta Max Maya Mei Mia Milan Mina Mohamed Nadia Nia Nina Noah
    Nora Olga Oliver Omar Oscar Paula Pedro Petra Priya Rafael Rosa Ruth Samir Sara Selma Simon Sofia Stefan Tara
    Theo Thomas Tina Tomas Uma Vera Victor Wanda Wei Yara Yusuf Zoe""".split()
)
LAST_NAMES = tuple(
    """Adams Ahmed Almeida Andersen Bakker Barros Bauer Becker Bennett Berg Bianchi Blanc Brandt Brooks Campbell
    Carter Castro Chang Clarke Costa Cruz Davies Delgado Dubois Edwards Eriksen Evans Fischer Fontaine Foster Garcia
    Gomez Grant Gupta Haas Hansen Harris Hoffmann Hughes Ibrahim Iyer Jansen Jensen Johnson Kaya Keller Khan Kim
    Klein Kowalski Kruger Lambert Larsen Lee Lopez Lund Martin Meyer Mensah Miller Moreau Morgan Mueller Nakamura
    Nguyen Nielsen Novak O'Brien Okafor Olsen Ortiz Park Patel Pereira Petrov Quinn Ramos Reed Reyes Ricci Rossi Roy
    Ruiz Sanders Santos Schmidt Schulz Shah Silva Singh Smith Sousa Stone Tanaka Taylor Torres Turner Varga Vogel
    Walker Weber White Wilson Winter Wong Wright Yilmaz Young Zhang Zimmermann""".split()
)
# Department, how many of each 160 people work there, salary of a newcomer.
DEPARTMENTS = (
    ("Sales", 46, 41_000),
    ("Engineering", 30, 68_000),
    ("Customer Support", 26, 36_000),
    ("Marketing", 18, 47_000),
    ("Warehouse", 16, 33_000),
    ("Finance", 12, 56_000),
    ("Human Resources", 7, 45_000),
    ("Legal", 5, 72_000),
)
# City, country, region of a store there, weight among customers.
CITIES = (
    ("New York", "United States", "East", 14),
    ("Boston", "United States", "East", 6),
    ("Chicago", "United States", "Central", 8),
    ("Seattle", "United States", "West", 6),
    ("San Francisco", "United States", "West", 8),
    ("Austin", "United States", "South", 6),
    ("Miami", "United States", "South", 5),
    ("Denver", "United States", "Central", 4),
    ("Toronto", "Canada", "East", 6),
    ("Vancouver", "Canada", "West", 4),
    ("London", "United Kingdom", "Europe", 9),
    ("Manchester", "United Kingdom", "Europe", 3),
    ("Berlin", "Germany", "Europe", 6),
    ("Munich", "Germany", "Europe", 4),
    ("Paris", "France", "Europe", 5),
    ("Lyon", "France", "Europe", 2),
    ("Amsterdam", "Netherlands", "Europe", 3),
    ("Madrid", "Spain", "Europe", 3),
)
# How some people type the name of their city.
SLOPPY_CITIES = {"New York": "new york", "Berlin": "BERLIN", "San Francisco": "san francisco", "Lyon": "LYON"}
STORE_PLACES = (
    "Harbor Street", "Old Mill", "Market Square", "Riverside", "Union Station", "Garden Row", "Hilltop", "Lakeside",
    "Northgate", "Cathedral Lane", "Dockside", "Elm Park", "Grand Arcade", "Kings Yard", "Linden Avenue",
    "Museum Quarter", "Orchard Place", "Canal House",
)  # fmt: skip
SEGMENTS = (("Consumer", 0.62), ("Small Business", 0.25), ("Corporate", 0.13))
SUPPLIERS = (
    ("Nordwood Workshop", "Sweden"), ("Bright & Sons", "United Kingdom"), ("Kestrel Textiles", "Portugal"),
    ("Alpine Steel", "Austria"), ("Lumen Factory", "Germany"), ("Casa Verde", "Spain"), ("Pacific Trading", "Japan"),
    ("Maple Ridge", "Canada"), ("Delta Ceramics", "Netherlands"), ("Golden Loom", "India"),
    ("Harvest Tools", "United States"), ("Studio Brera", "Italy"), ("Blue Kiln", "Denmark"),
    ("Saigon Rattan", "Vietnam"),
    ("Anatolia Home", "Turkey"), ("Great Plains Supply", "United States"), ("Ostrava Glass", "Czechia"),
    ("Lotus Electric", "South Korea"), ("Fjord Outdoor", "Norway"), ("Quarry Lane", "Ireland"),
    ("Tatra Wool", "Poland"), ("Savanna Craft", "Kenya"), ("Southern Cross Goods", "Australia"),
    ("Ivory Paper", "France"),
)  # fmt: skip
STYLES = ("Oslo", "Verona", "Kyoto", "Aspen", "Lisbon", "Juno", "Atlas", "Willow", "Ember", "Nova", "Cedar", "Pebble")
# Category, lowest and highest price, kinds of product.
CATEGORIES = (
    ("Furniture", 90, 900, ("Desk", "Bookcase", "Armchair", "Side Table", "Dining Chair", "Bench")),
    ("Lighting", 20, 240, ("Floor Lamp", "Table Lamp", "Pendant", "Lantern")),
    ("Kitchen", 8, 160, ("Kettle", "Skillet", "Knife Set", "Mug", "Teapot")),
    ("Garden", 10, 220, ("Planter", "Watering Can", "Pruning Shears", "Hammock")),
    ("Textiles", 12, 180, ("Blanket", "Rug", "Cushion", "Curtain")),
    ("Electronics", 25, 420, ("Speaker", "Radio", "Headphones", "Clock")),
    ("Outdoor", 15, 380, ("Tent", "Backpack", "Camp Stove", "Cooler")),
    ("Toys", 6, 75, ("Puzzle", "Train Set", "Kite", "Building Blocks")),
)
CAMPAIGN_CHANNELS = ("Email", "Social Media", "Search", "Print", "Radio")
CAMPAIGN_THEMES = ("New Year Refresh", "Spring Clean", "Garden Days", "Summer Sale", "Back to School", "Holiday Gifts")
RETURN_REASONS = (
    ("damaged", 0.24), ("wrong size", 0.17), ("not as described", 0.19), ("changed mind", 0.28), ("late delivery", 0.12)
)  # fmt: skip
TICKET_CATEGORIES = (("delivery", 0.36), ("product", 0.24), ("billing", 0.17), ("returns", 0.15), ("account", 0.08))
PRIORITIES = (("low", 0.3), ("normal", 0.45), ("high", 0.19), ("urgent", 0.06))
