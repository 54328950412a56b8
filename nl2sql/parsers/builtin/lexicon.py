"""Words that synthesis makes schemas and questions of: business things, what is kept about them, how people say it.

A line of `ATTRIBUTES` is `key family role: names | more ways to say it`; a schema uses one of the names, a question any
of them. A line of `THINGS` is `names: attributes > things that it belongs to`. For training only.
"""

from __future__ import annotations

ATTRIBUTES = """
salary number measure: salary, pay, wage, annual salary, compensation, base pay, monthly salary | earnings, income
bonus number measure: bonus, bonus amount, incentive
age number measure: age, age in years
price number measure: price, unit price, list price, selling price, retail price, rate | 
cost number measure: cost, unit cost, purchase price, cost price, production cost | expense
amount number measure: amount, total, total amount, order total, value, grand total, sum, order value | revenue, sales, spend, spending
revenue number measure: revenue, sales, total sales, turnover, net sales, gross revenue | sales revenue, income
profit number measure: profit, margin, net profit, gross profit, earnings
quantity number measure: quantity, qty, units, units sold, number of units, pieces, count | volume
discount number measure: discount, discount rate, rebate, reduction
tax number measure: tax, vat, tax amount, sales tax
budget number measure: budget, planned budget, allocated budget, budget amount, funding | money planned
spend number measure: spend, ad spend, actual cost, money spent, expenses | spending
rating number measure: rating, score, stars, average rating, customer rating, quality score | 
satisfaction number measure: satisfaction, csat, satisfaction score, happiness score | 
stock number measure: stock, units in stock, inventory, on hand, stock level | 
weight number measure: weight, weight kg, gross weight, net weight, mass
height number measure: height, height cm
capacity number measure: capacity, max capacity, seats, size
distance number measure: distance, distance km, miles, length km, mileage
duration number measure: duration, length, minutes, duration minutes, time spent, run time
hours number measure: hours, hours worked, working hours, billable hours
views number measure: views, page views, clicks, impressions, visits
population number measure: population, inhabitants, residents
balance number measure: balance, account balance, outstanding, amount due | money owed
limit number measure: credit limit, limit, maximum
fee number measure: fee, fees, service fee, charge, shipping cost, freight
refund number measure: refund, refund amount, amount refunded, money back
points number measure: points, loyalty points, score, credits
grade number measure: grade, mark, gpa, exam score, result
headcount number measure: headcount, number of employees, staff count, team size
area number measure: area, floor area, size sqm, square meters, surface
temperature number measure: temperature, temp, degrees
leads number measure: leads, signups, conversions, registrations, downloads, new customers | leads generated
guests number measure: guests, visitors, attendees, attendance, passengers, participants, seats sold
goals number measure: goals, wins, assists, games played
days number measure: days, nights, days off, days absent, days worked, days lost
threshold number measure: reorder level, minimum stock, min stock, safety stock, reorder point, minimum quantity | minimum
floor number measure: floor, floor number, level, storey
fare number measure: fare, fare usd, ticket price, price paid | fares
citations number measure: citations, cited by, number of citations, times cited
target number measure: target, sales target, quota, goal, planned amount | plan
year number year: year, model year, founded year, year built, fiscal year, season
department text category: department, dept, division, team, unit, business unit, section = Sales, Marketing, Finance, Human Resources, Engineering, IT, Legal, Support, Operations, Research, Procurement, Logistics, Customer Service
category text category: category, product category, type, group, product line, family, class, kind = Electronics, Furniture, Office Supplies, Toys, Clothing, Garden, Sports, Books, Beauty, Food, Beverages, Accessories, Home, Kitchen, Outdoor, Hardware
status text category: status, state, order status, current status, stage, phase = open, closed, pending, shipped, delivered, cancelled, completed, in progress, paid, unpaid, processing, on hold, active, approved, rejected, returned, draft, new, resolved, refunded, failed, accepted, won, lost, no-show, escalated, renewed, Closed Won, Closed Lost, In Progress, Partially Paid, Awaiting Payment, Ready to Ship, Not Started, Needs Review, Timed Out, Fully Booked, Past Due, Under Contract
region text category: region, area, territory, zone, sales region, market, district = North, South, East, West, Central, Europe, Asia, North America, EMEA, APAC, Midwest, Northeast, Latin America, Southwest
country text category: country, nation, country name, country of origin, home country, location = France, Germany, Japan, Brazil, USA, Canada, India, China, Spain, Italy, United Kingdom, Mexico, Sweden, Poland, Netherlands, Australia, Norway, United States, Kenya
city text category: city, town, location, municipality, city name, place = Paris, London, Berlin, Tokyo, New York, Chicago, Madrid, Rome, Toronto, Sydney, Boston, Lyon, Munich, Austin, San Francisco, Dublin, Oslo, Vienna, Lisbon, Seattle
segment text category: segment, customer segment, customer type, tier, market segment, client type = Consumer, Corporate, Home Office, Enterprise, Small Business, VIP, Retail, Wholesale, Premium, Basic, Gold, Silver
channel text category: channel, sales channel, source, medium, platform, acquisition channel = online, email, web, phone, social, in-store, partner, referral, mobile app, tv, radio, search, direct, retail
debit text category: debit credit, dr cr, type, transaction type, direction, entry type = Debit, Credit
inout text category: direction, in out, type, flow = In, Out
inbound text category: movement type, move type, direction, type = Inbound, Outbound
income text category: type, kind, entry type, transaction type = Income, Expense
withdrawal text category: transaction type, type, action = Deposit, Withdrawal
building text category: type, property type, building type, kind = House, Flat, Studio, Bungalow, Apartment
cuisine text category: cuisine, style of food, kitchen, food type = Italian, Thai, Mexican, Indian, French, Japanese
kindof text category: type, kind, category, class = Laptop, Monitor, Chair, Desk, Phone, Printer, Tablet, Truck, Van, Bus
priority text category: priority, urgency, severity, importance level = high, low, medium, urgent, critical, normal
reason text category: reason, cause, return reason, root cause, explanation = damaged, wrong size, late, defective, changed mind, not as described, duplicate, billing, wrong item
topic text category: topic, subject, issue type, category, problem area = billing, shipping, technical, account, login, product, refund, delivery, other
gender text category: gender, sex = male, female, other
brand text category: brand, make, manufacturer, label = Acme, Nordia, Zenith, Orion, Vertex, Lumen, Kestrel, Apex
color text category: color, colour, shade = red, blue, green, black, white, yellow, silver
size text category: size, size code, dimension class = small, medium, large, extra large
payment text category: payment method, payment type, paid by, method of payment, pay mode = credit card, cash, bank transfer, paypal, invoice, debit card, check, voucher
industry text category: industry, sector, branch of industry, line of business = Manufacturing, Healthcare, Retail, Technology, Education, Energy, Construction, Banking, Insurance
job text category: job title, position, role, job, title, function = Manager, Engineer, Analyst, Director, Assistant, Consultant, Developer, Accountant, Designer, Technician, Sales Representative
level text category: level, seniority, grade, rank, band = junior, senior, lead, principal, entry, executive
genre text category: genre, style, kind = Drama, Comedy, Action, Rock, Jazz, Pop, Documentary, Fantasy, Thriller
language text category: language, spoken language = English, French, Spanish, German, Chinese, Arabic
plan text category: plan, subscription plan, package, tariff, membership = Free, Basic, Pro, Enterprise, Premium, Standard, Starter
carrier text category: carrier, shipping company, courier, ship mode, delivery service = FastShip, PostNet, Express, Standard Class, First Class, Same Day
gradeletter text category: grade, class, letter grade = A, B, C, D
side text category: side, order side, trade type, action = buy, sell
exchange text category: exchange, stock exchange, listed on, market = NYSE, NASDAQ, LSE, SIX, XETRA
travelclass text category: cabin, class, travel class, cabin class = Economy, Business, First, Premium Economy
tag text category: tag, label = escalated, bug, vip, refund, follow up, urgent, feature request
publisher_name text category: publisher, published by = Springer, Elsevier, Nature, Wiley, IEEE
name text name: name, full name, title | 
first_name text first: first name, given name, forename
last_name text last: last name, surname, family name
title text name: title, name, headline, label
email text detail: email, email address, e-mail, contact email
phone text detail: phone, phone number, telephone, mobile, contact number
address text detail: address, street, street address, mailing address
description text detail: description, details, notes, comment, remarks, summary
code text code: code, reference, sku, number, reference number
joined date when(joined, were hired, started, came on board): date joined, hire date, hired on, start date, joined on, date of hire, employment date, joining date, employed since | 
signed date when(signed up, registered, joined, became customers): signup date, signed up on, registration date, registered at, created at, member since, customer since, date registered
ordered date when(were placed, were ordered, were made, came in): order date, ordered on, purchase date, date of purchase, date, placed at, order placed on, sold on, sale date, transaction date
created date when(were created, were opened, were added, came in): created at, creation date, created on, date created, opened at, opened on, open date, date opened, submitted on
closed date when(were closed, were resolved, were completed, ended): closed at, closed on, resolved at, completion date, date closed, completed on, resolution date
shipped date when(were shipped, shipped, went out): ship date, shipped on, shipping date, dispatched at, date shipped
delivered date when(were delivered, arrived): delivery date, delivered on, arrival date, received on
returned date when(were returned, came back, were sent back): return date, returned on, date returned, refunded at
launched date when(were launched, launched, came out, were released, were introduced): launch date, launched on, release date, released on, introduced on, publication date, available since
left date when(left, resigned, have left, quit): leaving date, termination date, left on, exit date, date left
churned date when(churned, cancelled, left us, unsubscribed): churn date, churned on, cancelled on, cancellation date, canceled at
ended2 date when(expired, ran out): valid to, valid until, expired on, expiration date
due date when(are due, fall due, expire): due date, deadline, expiry date, expires on, valid until
paid date when(were paid, got paid): payment date, paid on, paid at, date of payment
born date when(were born): birth date, date of birth, birthday, born on, dob
began date when(started, began, were started, took place): start date, started on, starts at, begin date, event date, date
ended date when(ended, finished, were over): end date, ended on, finish date, ends at
founded date when(were founded, opened, were opened, were established): opening date, opened on, founded on, date established, established
visited date when(visited, came, took place): visit date, visited at, appointment date, date of visit, check in date, date
active boolean flag(active, currently active; inactive, not active): active, is active, currently active
discontinued boolean flag(discontinued, no longer sold; not discontinued, still sold): discontinued, is discontinued, retired
verified boolean flag(verified, confirmed; unverified, not verified): verified, is verified, confirmed
paidflag boolean flag(paid, already paid; unpaid, not paid, not yet paid): paid, is paid, payment received
urgent boolean flag(urgent, marked urgent; not urgent): urgent, is urgent, expedited
member boolean flag(members, subscribed; not members, not subscribed): is member, subscribed, newsletter, opt in
"""

FLAGS = {
    "is": """vegan, strategic, tenured, remote, premium, insured, taxable, imported, organic, fragile, recurring,
        anonymous, certified, public, private, billable, refundable, perishable, accredited, pregnant, retired, married,
        online, part time, full time, on call, overdue, late, furnished, waterproof, handmade, gluten free, seasonal,
        international, domestic, locked, blocked, published, archived, featured, automated, outsourced, subsidized,
        accessible, heated, electric, new, urgent, confidential, mandatory, optional, vegetarian, alcoholic, external,
        temporary, permanent, self employed, tax exempt, credit approved, pet friendly, climate controlled""",
    "was": """refunded, gift wrapped, verified, escalated, reimbursed, approved, audited, invoiced, inspected, renewed,
        reordered, discounted, cancelled, expedited, converted, answered, recorded, signed, vaccinated, trained,
        opened, clicked, upgraded, promoted, waived, disputed, returned, delayed, rescheduled, rejected, reviewed""",
    "has": """scholarship, garden, parking, insurance, pension, warranty, contract, discount, company car, balcony,
        loyalty card, mentor, visa, disability, own locker, night shift, trial, receipt, full tank, lift, pool,
        credit card, referral, security clearance, driving licence, driver license, mortgage, guarantee, deposit, sea view,
        personal trainer, gift card, breakfast, allergy, surgery, complaint, attachment, photo, coupon, backorder""",
    "one": """smoker, member, landing page, donor, manager, student, veteran, resident, subscriber, non profit, bestseller,
        weekend, holiday, citizen, first time buyer, repeat customer, beginner, freshman, new customer, main branch,
        flagship store, reseller, vip, team lead, contractor, newsletter subscriber, homeowner""",
}
"""Yes/no columns by what a yes says: that a row is so, was treated so, has one, or is one."""

PARTIES = """product, item, article; menu item, dish; page, page title; driver, driver name; vehicle, car; branch, location;
depot, site; customer, client, account; supplier, vendor; campaign, ad; sales rep, rep, salesperson, seller;
teacher, instructor; course, class; project; machine, device; agent, support agent; donor, giver; doctor, physician;
store, shop; advisor, consultant; station, stop; route, line; artist, band; author, writer; team; account manager;
restaurant; warehouse; partner; player; employee, staff member; recruiter; publisher; channel manager; fund, cause;
event; tenant; building; trainer, coach; member, gym member; category manager; brand; song, track; film, movie"""
"""What a table of many rows names in each of them, with other words for it, parted by semicolons."""

MEASURES = """sessions, visits; sign ups, signups, registrations; orders, order count; clicks, ad clicks; calls, call count;
litres, liters, fuel; kilometres, km, distance km; net sales, sales, takings, revenue; gross amount, gross; net amount, net;
food cost, ingredient cost; units sold, units, quantity; deal value, value, worth; total cost, cost, spend;
tickets sold, tickets; covers, guests served; page views, views; unique visitors, visitors; minutes watched, minutes;
tips, tip amount; commission, commission earned; amount paid, paid amount; waste quantity, waste; downloads, installs;
bookings, reservations; claims, claim amount; premium, premium amount; interest, interest paid; shipments, parcels;
steps; calories, kcal; energy kwh, energy, power used; rainfall mm, rain; donations, gift amount, amount given;
list fee, fee; late fees, penalties; overtime hours, overtime; impressions; new members, joiners; trips, rides"""
"""Measures that are added up, with other words for them, parted by semicolons."""

THINGS = """
employee, staff member, worker, team member, associate | staff, personnel, people, colleagues, workforce: name, department, salary, joined, left, job, email, city, gender, age, bonus, active, level, first_name, last_name, phone, born > department, store, employee
customer, client, buyer, shopper, account | clients, consumers, patrons: name, email, city, country, segment, signed, churned, plan, phone, region, active, balance, points, gender, first_name, last_name, age, born, industry, limit > store, employee
product, item, article, good | merchandise, goods, things we sell: name, category, price, cost, stock, brand, launched, discontinued, color, weight, rating, size, code > supplier, category
order, purchase, sale, sales order, transaction | sales: ordered, amount, status, channel, shipped, discount, payment, quantity, region, country, city, priority, tax, delivered > customer, employee, store, campaign, product
order item, line item, order line, order detail, sale item, basket item | lines, order contents: quantity, price, discount, amount > order, product
invoice, bill | bills: created, due, amount, status, tax, paidflag, paid > customer, order
payment, receipt, remittance | money received: paid, amount, payment, status > invoice, customer, order
shipment, delivery, parcel, consignment | packages: shipped, delivered, carrier, weight, fee, status > order, warehouse, customer
supplier, vendor, provider, manufacturer | : name, country, rating, city, email, phone, founded > 
store, shop, branch, outlet, location, sales office | : name, city, region, country, founded, area, headcount > employee
department, division, team, unit | : name, budget, city, headcount > company
category, product group, product line | : name, description > 
campaign, promotion, marketing campaign, ad, marketing action | ads: name, channel, budget, began, ended, spend, views, status > employee
return, returned item, refund, complaint | sent back items: returned, reason, refund, quantity, status > order item, order, product
ticket, support ticket, case, support request, issue, incident | : created, due, closed, priority, status, topic, satisfaction, channel > customer, employee, order, product
project, engagement, initiative | : name, status, budget, began, due, ended, priority > customer, employee, department
task, todo, work item, job | : title, status, priority, due, hours, created > project, employee
lead, prospect, opportunity, deal | : name, status, amount, created, industry, country, channel > employee, campaign
contract, agreement, policy | : began, ended, ended2, amount, status, plan > customer, supplier
subscription, membership | subscribers: plan, began, ended, churned, fee, quantity, status, active > customer
review, rating, feedback, evaluation | : rating, created, description, verified > customer, product
visit, session, web visit | traffic: visited, duration, views, channel, country > customer
course, class, training, program | : title, department, hours, capacity, fee, level > teacher
student, pupil, learner | : name, gender, grade, joined, age, city, country > course, teacher
teacher, instructor, professor, lecturer | faculty: name, department, salary, joined > department
patient, case | : name, gender, born, city, age > doctor
doctor, physician, practitioner | : name, department, joined, rating > 
appointment, consultation, booking | : visited, status, duration, fee, reason > patient, doctor, room
book, publication, novel | : title, genre, price, year, language, rating > author, publisher
author, writer | : name, country, born > 
publisher, publishing house | : name, city, country > 
airport, airfield | : name, city, country, code > 
station, stop | : name, city, capacity, founded > 
address, postal address | : city, country, region, code > customer
match result, final, duel | matches: began, duration, year, points > player
movie, film, show, title | : title, genre, year, duration, rating, revenue, language, budget > studio
studio, production company | : name, country, founded > 
vehicle, car, truck | fleet: brand, year, price, color, distance, status > driver, store
driver, chauffeur, courier | : name, rating, city, joined, age > 
trip, ride, journey | : began, distance, duration, amount, payment, rating > driver, vehicle, customer, station
hotel, property, resort | : name, city, country, rating, capacity > 
room, unit, apartment | : code, size, price, capacity, status > hotel
reservation, booking, stay | : visited, ended, amount, status, channel > customer, room, hotel
expense, cost, expenditure | spending: amount, category, ordered, description, status > employee, department, project
machine, asset, device, equipment | : name, status, price, launched, brand > store, supplier
warehouse, depot, distribution center | : name, city, country, capacity, area > 
event, meeting, conference, concert | : title, began, city, capacity, price, status > department, venue
venue, hall, stadium | : name, city, capacity, founded > 
donation, gift, contribution | : ordered, amount, channel, payment > donor, campaign
donor, supporter, sponsor | : name, city, country, email, segment > 
player, athlete | : name, age, height, country, points, salary > team
team, club, squad | : name, city, founded, budget > 
match, game, fixture | : began, points, city, views > team, venue
school, college, campus | : name, city, region, capacity > 
loan, credit, mortgage | : amount, began, due, paid, status, plan, duration > customer, branch
branch, bank branch, agency | : name, city, region, headcount > 
flight, departure | : code, began, distance, duration, price, status > airline, airport, aircraft
airline, carrier | : name, country, rating, founded > 
company, firm, organization, business | : name, industry, country, revenue, headcount, founded, city, profit > 
survey response, answer, response | : created, rating, description, gender, age > customer
bank transaction, transaction, booking, account entry, bank statement line | transactions: ordered, amount, debit, category, description, balance, payment > customer, supplier, branch
cash entry, entry, ledger entry, bookkeeping entry | : ordered, amount, income, category, description > customer, project
account movement, movement, account transaction | : ordered, amount, withdrawal, balance, description > customer, branch
goods movement, movement, stock movement | : ordered, quantity, inbound, reason > product, warehouse, supplier
cash movement, movement | : ordered, amount, inout, description, category > customer, branch
stock item, stock line, inventory item, part | inventory: name, stock, threshold, price, cost, category, brand > warehouse, supplier
rental listing, listing, property, flat | listings: code, building, city, price, area, launched, began, status > agency
restaurant, place, eatery | : name, cuisine, city, rating, price, founded > owner
device, asset, piece of equipment | equipment: name, kindof, brand, price, launched, status, city > employee, department
sales rep, rep, seller, salesperson | : name, region, revenue, target, joined, left > team
absence, leave, time off | : began, ended, days, reason, status > employee
campaign result, ad result, campaign report | : name, channel, spend, leads, views, revenue, began, budget > agency
fixture, tournament | : began, goals, guests, city > team, venue
sensor reading, measurement, observation | : created, temperature, status, city > machine
stock movement, inventory record | : quantity, ordered, reason > product, warehouse
enrollment, registration, course registration | sign-ups: signed, gradeletter, status, fee, paidflag, points > student, course
assignment, allocation, staffing | : began, ended, hours, job > employee, project
admission, hospital stay, stay | admissions: began, ended, reason, status > patient, doctor, ward
ward, hospital ward, unit | : name, capacity, floor, department > doctor
prescription, medication order | : ordered, quantity, status > patient, doctor, medication
medication, drug, medicine | medications: name, price, kindof, brand > supplier
trade, security order, deal | trades: ordered, quantity, price, fee, status, side > account, security
security, instrument, stock, share | securities: name, industry, price, country, exchange > 
account, brokerage account, bank account | : code, balance, signed, status, plan > customer, branch
watchlist entry, favourite, bookmark | favourites: created > customer, security
flight booking, booking, ticket | bookings: ordered, fare, travelclass, status, channel > passenger, flight
passenger, traveller, flyer | : name, country, email, points, born > 
crew assignment, crew duty | : hours, job > crew member, flight
crew member, flight attendant, crew | : name, job, joined, city > airline
aircraft, plane, airplane | : brand, year, capacity, status > airline
paper, publication, article | : title, year, citations, topic > journal, author
journal, magazine | : name, publisher_name, rating > 
inspection, audit, check | : began, points, status > restaurant, inspector
inspector, auditor | : name, city, joined > 
violation, breach | : priority, description, fee > inspection
repair, service job, maintenance job | : began, ended, cost, status, reason > machine, technician
technician, mechanic | : name, city, rating, joined > 
application, job application | : ordered, status, channel > candidate, vacancy
candidate, applicant | : name, city, email, level > 
vacancy, job opening, job posting | vacancies: title, department, salary, status, created > company
claim, insurance claim | : created, amount, status, reason > policy
policy, insurance policy | policies: plan, began, ended2, fee > customer
rental, hire, loan | : began, due, returned, ended, fee, status > customer, vehicle, film, branch
film, movie | : title, genre, year, language, duration > 
playlist entry, play, stream | plays: visited, duration, channel > listener, song
listener, user | : name, country, plan, age > 
song, track | : title, genre, duration, year > artist
artist, band | : name, country, founded > 
screening, showing | : began, capacity, price > film, venue
ticket tag, label | : tag > ticket
"""

TIES = """
order | customer | product: bought, ordered, purchased
order item | customer | product: bought, ordered, purchased
order item | employee | product: sold
order | employee | product: sold
order | customer | store: bought at, shopped at, ordered from
order | customer | campaign: came through, answered
review | customer | product: reviewed, rated, commented on
return | customer | product: returned, sent back
ticket | customer | product: complained about, asked about, needed help with
ticket | employee | customer: helped, dealt with, supported
ticket | employee | product: handled problems with, dealt with
task | employee | project: worked on, had tasks in
assignment | employee | project: worked on, were assigned to, took part in
enrollment | student | course: took, attended, enrolled in, signed up for
enrollment | student | teacher: studied with, were taught by
appointment | patient | doctor: saw, consulted, visited
appointment | doctor | patient: saw, treated, examined
admission | patient | ward: were admitted to, stayed in, were treated in
admission | patient | doctor: were treated by, were admitted by
admission | doctor | patient: treated, admitted
prescription | patient | medication: take, got, were prescribed
prescription | doctor | medication: prescribed
trade | customer | security: traded, bought, sold, placed an order for, invested in
trade | account | security: traded, hold
watchlist entry | customer | security: watch, follow, put on their watchlist
flight booking | passenger | flight: booked, flew on, were on
flight booking | passenger | airline: flew with, booked with
crew assignment | crew member | flight: worked on, flew on, served on
crew assignment | crew member | aircraft: worked on, flew on
reservation | customer | hotel: stayed in, stayed at, booked
reservation | customer | room: booked, stayed in, reserved
trip | driver | vehicle: drove, used
trip | customer | driver: rode with
trip | customer | station: started at
donation | donor | campaign: gave to, donated to, supported
repair | technician | machine: repaired, serviced, worked on
inspection | inspector | restaurant: inspected, checked, visited
application | candidate | vacancy: applied for, applied to
application | candidate | company: applied to, applied at
rental | customer | vehicle: rented, hired
rental | customer | film: rented, borrowed, watched
playlist entry | listener | song: played, listened to, streamed
playlist entry | listener | artist: listened to, played
book | author | publisher: wrote for, published with
paper | author | journal: published in, wrote for
shipment | warehouse | customer: shipped to, delivered to
payment | customer | invoice: paid
loan | customer | branch: borrowed from, took loans from
contract | supplier | customer: have contracts with
stock movement | product | warehouse: moved through, are kept in
goods movement | product | warehouse: moved through, went to
"""
"""Things by way of which one does something to another: the thing, who, to what, and in what words."""

MOVES = frozenset(("flight", "trip", "shipment", "stock movement", "ride", "delivery", "transfer"))
"""Things that go from one place to another."""

ROLES = {
    "employee": (("employee", "manager | manager, boss, supervisor, line manager"),
                 ("employee", "reports to | manager, boss, superior"), ("employee", "supervisor | supervisor, manager")),
    "category": (("category", "parent | parent category"), ("category", "parent category | parent category, main category")),
    "match": (("team", "home team | home team, home side", "away team | away team, visiting team, visitors"),),
    "fixture": (("team", "home team | home team, host", "away team | away team, guest team"),),
    "shipment": (("warehouse", "from warehouse | origin warehouse, source warehouse", "to warehouse | destination warehouse"),),
    "stock movement": (("warehouse", "source warehouse | source warehouse", "target warehouse | target warehouse, destination"),),
    "flight": (("airport", "origin | origin, departure airport", "dest | destination, arrival airport"),
               ("airport", "origin airport | origin, departure airport", "destination airport | destination, arrival airport"),
               ("airport", "source airport | source airport, origin", "dest airport | destination airport, destination")),
    "trip": (("station", "start station | start station, starting station", "end station | end station, final station"),),
    "ticket": (("employee", "created by | creator, reporter", "assigned to | assignee, assigned agent"),),
    "task": (("employee", "created by | creator", "assignee | assignee"),),
    "project": (("employee", "manager | project manager, manager", "sponsor | sponsor"),),
    "order": (("address", "billing address | billing address", "shipping address | shipping address, delivery address"),),
    "student": (("teacher", "mentor | mentor", "tutor | tutor"),),
    "customer": (("customer", "referred by | referrer", ),),
    "aircraft": (("airport", "home base | home base, home airport", "current airport | current airport"),),
    "goods movement": (("warehouse", "from depot | source, sending depot", "to depot | destination, receiving depot"),),
    "match result": (("player", "winner | winner, winning player", "loser | loser, losing player"),),
}  # fmt: skip
"""Keys that say in what role a row is another's: what they refer to, then what each is called | what people say."""

SHORT = {
    "quantity": "qty", "amount": "amt", "number": "no", "customer": "cust", "department": "dept", "date": "dt",
    "name": "nm", "product": "prod", "description": "descr", "address": "addr", "account": "acct", "employee": "emp",
    "category": "cat", "price": "prc", "total": "tot", "order": "ord", "average": "avg", "discount": "disc",
    "status": "stat", "country": "ctry", "phone": "ph", "region": "reg", "salary": "sal", "supplier": "supp",
    "invoice": "inv", "payment": "pmt", "revenue": "rev", "temperature": "temp", "manager": "mgr",
    "percent": "pct", "balance": "bal", "location": "loc", "reference": "ref", "transaction": "txn", "document": "doc",
    "warehouse": "whse", "vehicle": "veh", "patient": "pat", "appointment": "appt", "channel": "chnl", "segment": "seg",
    "campaign": "camp", "subscription": "sub", "minutes": "mins", "hours": "hrs", "weight": "wt", "height": "ht",
    "length": "len", "maximum": "max", "minimum": "min", "previous": "prev", "current": "curr", "value": "val",
    "commission": "comm", "distance": "dist", "duration": "dur", "rating": "rtg", "population": "pop",
    "capacity": "cap", "group": "grp", "company": "co", "reservation": "resv", "purchase": "purch", "doctor": "dr",
    "delivery": "dlv", "shipment": "shpmt", "student": "stud", "teacher": "tchr", "flight": "flt", "passenger": "pax",
}  # fmt: skip
"""Abbreviations that headers use."""

NAMES = """Anna Keller, Bruno Costa, Chen Wei, Dana Scott, Elif Demir, Farid Nasser, Grace Lee, Hugo Martin, Ines Silva,
Jonas Berg, Karen White, Liam Murphy, Maria Rossi, Noah Fischer, Olga Petrova, Priya Patel, Quentin Blanc, Rosa Diaz,
Samir Haddad, Tina Novak, Blue Lamp, Oak Table, Spring Sale, Atlas, Smart Watch, Riverside, Northwind, Helios, Coffee
Mug, Green Tea, Bluetooth Speaker, Summer Fest, Winter Promo, Desk Chair, Alpha, Globex, Initech, Main Street, Airport,
Data Science 101, Introduction to Law, Silent River, Laptop Pro, Gaming Mouse, Yoga Mat"""

PERIODS = """last year, this year, last month, this month, last week, this week, yesterday, today, last quarter, this
quarter, the last 30 days, the last 7 days, the past 90 days, the last 6 months, the past year, the last 2 years, 2021,
2022, 2023, 2024, 2019, 2020, March 2024, January 2023, June, December, March, Q1 2024, Q2, Q3 2023, the last 12 months,
2024-03-15, May 2022, the first half of 2023, the previous month, the previous year, past 3 months, last 14 days, October
2023, 2025, August, the past week, January to March 2024, 2020 to 2022, March to June, Q1 to Q3 2023, year to date, this month, 2018, July 2025, November 2021, last 24 hours, the 1990s"""

ADJECTIVES = {
    "price": ("most expensive, priciest", "cheapest, least expensive", "more expensive than, costing more than, priced above", "cheaper than, costing less than, priced under"),
    "salary": ("highest paid, best paid, top earning", "lowest paid, worst paid", "earning more than, paid more than, making over, who earn more than", "earning less than, paid less than, making under"),
    "age": ("oldest", "youngest", "older than, aged over", "younger than, aged under"),
    "weight": ("heaviest", "lightest", "heavier than, weighing more than", "lighter than, weighing less than"),
    "height": ("tallest", "shortest", "taller than", "shorter than"),
    "duration": ("longest", "shortest", "longer than, lasting more than", "shorter than, lasting less than"),
    "distance": ("longest, farthest", "shortest", "longer than", "shorter than"),
    "rating": ("best rated, top rated, highest rated", "worst rated, lowest rated", "rated above, rated higher than", "rated below"),
    "population": ("most populous", "least populous", "with more inhabitants than", "with fewer inhabitants than"),
    "capacity": ("biggest, largest", "smallest", "bigger than, larger than", "smaller than"),
    "area": ("largest, biggest", "smallest", "bigger than, larger than", "smaller than"),
    "amount": ("largest, biggest, most valuable", "smallest", "worth more than, over, larger than, bigger than, above", "worth less than, under, below"),
    "temperature": ("hottest, warmest", "coldest", "hotter than", "colder than"),
    "year": ("newest", "oldest", "newer than", "older than"),
    "born": ("youngest", "oldest", "", ""),
    "joined": ("newest, most recently hired", "longest serving", "", ""),
}  # fmt: skip
"""By what an attribute is called: words for its most, its least, more than, less than."""

NOT_YET = {
    "closed": "still open, not closed yet, unresolved, that are still open, that have not been resolved, pending, not yet closed",
    "shipped": "not shipped yet, not yet shipped, unshipped, that have not been shipped, still waiting to ship",
    "delivered": "not delivered yet, undelivered, that have not arrived, not yet delivered",
    "paid": "not paid yet, unpaid, that have not been paid, still unpaid, outstanding",
    "returned": "not returned, that were never returned",
    "ended": "still running, ongoing, not finished yet, that have not ended, still active",
    "left": "still here, still employed, current, active, who have not left, that are still with us, still working here",
    "churned": "active, still active, not churned, that have not churned, current, who have not cancelled",
    "expired": "still valid, not expired, that have not expired, valid",
    "launched": "not launched yet, unreleased, not yet released",
}  # fmt: skip
"""What people say where the date of an end is missing; by a verb of the date."""

ALREADY = {
    "closed": "closed, resolved, already closed, that have been closed",
    "shipped": "shipped, already shipped, that have been shipped",
    "delivered": "delivered, already delivered, that have arrived",
    "paid": "paid, already paid, that have been paid",
    "returned": "returned, that were returned",
    "ended": "finished, ended, that have ended, already over",
    "left": "who have left, who left, former, that left",
    "churned": "churned, who have churned, cancelled, lost",
    "expired": "expired, that have expired, no longer valid",
}  # fmt: skip
"""What people say where the date of an end is known; by a verb of the date."""

STATE_NOUNS = {
    "cancelled": "cancellation, cancel", "returned": "return", "delivered": "delivery", "paid": "payment",
    "approved": "approval", "rejected": "rejection", "completed": "completion", "refunded": "refund",
    "shipped": "shipment", "resolved": "resolution", "closed": "closing", "lost": "loss", "won": "win",
    "failed": "failure", "accepted": "acceptance", "no-show": "no-show", "escalated": "escalation",
    "converted": "conversion", "defective": "defect", "late": "lateness", "renewed": "renewal",
}  # fmt: skip
"""Nouns that name how many are in some state: «return rate»."""

ADDED_UP = frozenset(
    ("amount", "quantity", "revenue", "spend", "cost", "refund", "profit", "fee", "leads", "hours", "views", "days")
)
"""Measures that are added up: what a customer spends is the sum over the customer's orders."""

COUNTED_MEASURES = "leads, guests, goals, days, views, quantity, stock, headcount, points"
"""Measures that say how many of something a row stands for: «number of leads» is their sum, not a count of rows."""

ACTORS = (
    "sales rep", "agent", "owner", "assigned to", "account manager", "responsible", "handler", "consultant", "manager",
)  # fmt: skip
"""What an employee is called in a table of what they do."""

VERBS = """
customer order: placed, place, placed by | made, make, made by | ordered, order, ordered by
customer invoice: received, receive, billed to | got, get, sent to
customer payment: made, make, made by | sent, send, sent by
customer ticket: opened, open, opened by | raised, raise, raised by | submitted, submit, submitted by
customer review: wrote, write, written by | left, leave, left by
customer reservation: made, make, made by | booked, book, booked by
customer contract: signed, sign, signed by
customer subscription: took out, take out, held by | bought, buy, bought by
customer loan: took out, take out, taken out by
customer return: sent back, send back, sent back by
customer visit: made, make, made by
customer vehicle: bought, buy, bought by
employee order: handled, handle, handled by | closed, close, closed by | sold, sell, sold by
employee ticket: resolved, resolve, resolved by | worked on, work on, assigned to | handled, handle, handled by
employee project: led, lead, led by | worked on, work on, worked on by | managed, manage, managed by
employee task: finished, finish, done by | worked on, work on, assigned to
employee lead: won, win, won by | brought in, bring in, brought in by
employee customer: looks after, look after, looked after by | manages, manage, managed by
employee expense: claimed, claim, claimed by | submitted, submit, submitted by
employee absence: took, take, taken by
store order: received, receive, placed at | sold, sell, sold at
supplier product: supplies, supply, supplied by | delivers, deliver, delivered by
supplier machine: delivered, deliver, delivered by
product review: received, receive, about | got, get, about
product return: had, have, of
warehouse shipment: sent, send, sent from | shipped, ship, shipped from
department employee: employs, employ, working in | has, have, in
team player: signed, sign, playing for | has, have, of
teacher course: teaches, teach, taught by | gave, give, given by
teacher student: teaches, teach, taught by
doctor patient: treats, treat, treated by | sees, see, seen by
doctor appointment: had, have, with | held, hold, held by
patient appointment: had, have, of | booked, book, booked by
author book: wrote, write, written by | has written, write, written by
publisher book: published, publish, published by
studio movie: produced, produce, produced by | made, make, made by
driver trip: drove, drive, driven by | made, make, made by
vehicle trip: made, make, made with
hotel reservation: received, receive, at | got, get, at
donor donation: gave, give, given by | made, make, made by
airline flight: operates, operate, operated by | runs, run, run by
campaign lead: generated, generate, generated by | brought in, bring in, from
campaign order: generated, generate, generated by | brought in, bring in, from
campaign donation: brought in, bring in, from
company department: has, have, of
project task: includes, include, in | has, have, of
venue event: hosted, host, held at
venue match: hosted, host, played at
team match: played, play, played by
machine sensor reading: sent, send, of
branch loan: granted, grant, granted by
category product: contains, contain, in
"""
"""What one thing does to those that belong to it: past, base form, and said of the other."""

LOOKED_UP = {
    "age": "how old is {name} | what age is {name}",
    "price": "how much does {name} cost | what does {name} cost | what is the price of {name}",
    "cost": "what does {name} cost us | what do we pay for {name}",
    "salary": "how much does {name} earn | what does {name} earn | what is {name} paid",
    "height": "how tall is {name}", "weight": "how heavy is {name} | how much does {name} weigh",
    "city": "where is {name} | in which city is {name} | where does {name} live | where is {name} located",
    "country": "where does {name} come from | which country is {name} from | in which country is {name}",
    "duration": "how long is {name} | how long does {name} take", "area": "how big is {name} | how large is {name}",
    "capacity": "how many people fit into {name} | how big is {name}", "stock": "how many {name} do we have in stock",
    "joined": "when did {name} join | when did {name} start | since when is {name} with us",
    "born": "when was {name} born", "founded": "when was {name} founded | when did {name} open",
    "signed": "when did {name} sign up | since when is {name} a customer", "launched": "when did {name} come out",
    "left": "when did {name} leave", "status": "what is the status of {name} | how is {name} doing",
    "department": "which department is {name} in | where does {name} work", "job": "what does {name} do",
    "budget": "what is the budget of {name} | how much money does {name} have", "year": "what year is {name} from",
    "rating": "how is {name} rated | what rating does {name} have", "quantity": "how many {name} were sold",
}  # fmt: skip
"""What people ask about one thing by its name, by what the answer is called."""

PEOPLE = """employee, staff member, worker, team member, customer, client, student, pupil, teacher, doctor, patient, player,
driver, author, donor, associate, shopper, athlete, physician"""
"""Things that are asked about with «who»."""

OFF_TOPIC = """
hello
hi there
how are you
thank you
what can you do
who are you
tell me a joke
help
good morning
what time is it
what is the meaning of life
write me a poem about {noun}
write a python script that prints {noun}
translate {noun} into German
explain {topic} to me
what is {topic}
who invented {topic}
tell me about {topic}
what do you think about {topic}
latest news about {topic}
how does {topic} work
list all {topic}
how many {topic} are there
average {topic}
show {topic} by month
{topic} by region
what is the {topic} in {noun}
total {topic} per year
{topic} of each {single}
{noun} with the most {topic}
which {single} has the best {topic}
what is the average {topic} of {noun}
show the {topic} of all {noun}
how many {noun} have {topic}
count of {noun} by {topic}
{noun} sorted by {topic}
top 5 {noun} by {topic}
will {column} go up next year
forecast {column} for next quarter
predict the {column} of {noun} for next month
what will {column} be in 2030
why did {column} drop
why are {noun} so bad
what should we do about {noun}
how can we improve {column}
is it a good idea to have more {noun}
which {single} do you like best
should we hire more people
what is the reason for the low {column}
delete all {noun}
delete {noun} from last year
remove the {single} called test
drop the table {noun}
update {column} of all {noun} to 0
set {column} to 100 for all {noun}
insert a new {single}
add a {single} named Bob
create a table for {noun}
change the {column} of {noun}
truncate {noun}
send an email to all {noun}
export {noun} to excel and mail it to me
make a chart that my boss will like
order more {noun}
book a {single} for tomorrow
remind me to call our {noun}
which {noun} will leave us next month
who is going to buy more next year
suggest a name for our {noun}
what colour should our logo be
how do i use this tool
12 times 7
open my calendar
play some music
recommend a good {single}
which {noun} are likely to fail next week
how would {column} develop if we had twice as many {noun}
set the {column} of all {noun} to 50
raise {column} by 10 percent
mark all {noun} as done
cancel the last {single}
schedule a {single} for Monday
book a {single} with Anna Keller for Friday
give every {single} a discount
rename the {noun} table
which {noun} are going to leave next quarter
what slogan should we use for our {noun}
how many {noun} will we have next year
which {single} will be the best next month
what will happen to {column} if prices rise
how can we get more {noun}
which {noun} allow {topic}
{topic} rate by {single}
{noun} by {topic}
which {single} had the best {topic} rate
{noun} that need {topic}
total {topic} of the {noun}
who got the most {topic} last year
how many {topic} does each {single} have
which {noun} were affected by {topic}
qwerty uiop
lorem ipsum dolor sit amet
xyz abc foo
blah blah
???
the of and
"""
"""Questions that no table of rows answers."""

FOREIGN_TOPICS = """weather, football scores, stock prices, bitcoin, quantum physics, dinosaurs, the moon, carbon emissions,
shoe size, favourite colour, blood type, zodiac sign, horoscope, pets, dogs, cats, horses, hobbies, political party, religion,
wingspan, calories, sugar content, recipe, ingredients, battery life, screen size, horsepower, fuel economy, tyre pressure,
wifi password, passwords, browser, operating system, gravity, planets, volcanoes, rivers, mountains, rainfall, humidity,
wind speed, elections, president, world cup, olympic medals, music taste, playlists, tweets, followers, likes, hashtags,
movies watched, sleep hours, heart rate, blood pressure, allergies, marital status, number of children, siblings,
eye colour, hair colour, mother tongue, passport number, tax class, insurance number, parking space, lunch menu, vacation days,
sick leave, overtime, commute, carbon footprint, recycling rate, electricity usage, water consumption, server uptime, cpu load,
bug reports, code coverage, commits, unit tests, flight delays, train connections, traffic jams, crime rate, birth rate"""
"""Topics that business tables seldom hold."""

FOREIGN_FIELDS = """profit margin, margin; conversion rate; click through rate; net promoter score, nps; return on investment, roi;
customer lifetime value; churn probability; market share; response time; waiting time, wait time; processing time; lead time;
attendance, attendance rate; occupancy, occupancy rate; utilisation; energy consumption; fuel efficiency, mileage;
carbon footprint, emissions; noise level; temperature; humidity; income, annual income; net worth; credit score; tuition;
pension; allowance; overtime pay; travel expenses; insurance premium; deposit; late fee; interest rate; exchange rate;
dividend; commission rate; royalty; tip; service charge; shelf life, expiry; best before date; serial number; barcode;
warranty period; dimensions, width; depth; thickness; volume; horsepower; top speed; range; battery level; screen size;
resolution; file size; bandwidth; load time; error rate; uptime; bounce rate; open rate; session length; scroll depth;
search terms; followers; likes; shares; comments; calories; protein; allergens; spiciness; alcohol content; vintage;
blood pressure; pulse; body weight; body height; diagnosis; dosage; side effects; marital status; religion; nationality;
mother tongue; education; degree; years of experience; skills; certificates; shift; break time; sick days; vacation days;
seat number; gate; terminal; platform; delay; baggage allowance; meal preference; floor; parking space; square footage;
number of bedrooms; heating; construction year; soil type; rainfall; elevation; latitude; time zone; population density;
crime rate; unemployment; turnout; party; committee; jersey number; position; injuries; red cards; transfer fee; coach;
duration of the call; call outcome; competitor; referral bonus; coupon code; gift message; packaging; return reason;
supplier rating; minimum order; lead source; probability of closing; contract value; next step; renewal date; sla"""
"""What rows may be asked for and seldom keep, with other words for it, parted by semicolons."""

FOREIGN_THINGS = """applicant; competitor; volunteer; waiter; visitor; device; login, sign-in; feature; article; phone call, call;
email; meeting; interview; training, workshop; certificate; audit; complaint; accident, incident; injury; inspection;
repair; breakdown; spare part; tool; licence, license; permit; fine; court case; lawyer; investor; shareholder; bank account;
loan; mortgage; insurance policy; claim; tenant; landlord; room; desk; parking lot; car; bike; truck; route; stop; passenger;
ticket; seat; luggage item, bag; passport; visa; hotel; tour; guide; museum; exhibition; painting; sculpture; song; album;
concert; film, movie; actor; director; episode; podcast; game; level; player; coach; referee; goal; match; tournament; league;
medal; horse; dog; cat; plant, tree; farm; crop; harvest; animal, pet; vet; medication, drug; prescription; allergy; vaccine;
operation, surgery; nurse; bed; ward; lab test, test; symptom; semester; exam; grade; scholarship; professor; lecture;
library book, book; thesis; school; recipe; ingredient; dish; table; reservation; wine; beer; coffee; coupon; gift card;
loyalty card; survey; poll; vote; election; candidate; law; petition; protest; server; outage; bug; release; commit; branch;
backup; password; sensor; alarm; camera; satellite; planet; experiment; sample; chemical; machine; shift; roster; break"""
"""Things that may be asked about and seldom have a table, with other words for them, parted by semicolons."""

GOODS = """Coffee Mug, Green Tea, Bluetooth Speaker, Desk Chair, Laptop Pro, Gaming Mouse, Yoga Mat, Oak Table, Smart Watch,
Running Shoe, Rain Jacket, Wool Scarf, Garden Hose, Power Drill, Paint Roller, Steel Bolt, Wall Clock, Floor Lamp,
Tennis Racket, Camping Tent, Water Bottle, Phone Case, Memory Card, Ink Cartridge, Paper Clip, Notebook, Fountain Pen,
Chocolate Cake, Apple Pie, Cheese Sandwich, Tomato Soup, Caesar Salad, Orange Juice, Espresso, Bagel, Birthday Card,
Face Cream, Hand Soap, Dog Leash, Cat Toy, Bicycle Helmet, Car Tyre, Spark Plug, Solar Panel, Toaster, Kettle, Blender"""
"""Names of things that are sold."""

FREE_WORDS = """vpn, password reset, refund, late delivery, login, great value, broken screen, black friday, invoice, battery,
too loud, printer, shipping, wrong size, billing, account locked, summer sale, discount, damaged, missing part, slow, crash,
upgrade, holiday, friendly staff, cold food, rude, delayed, warranty, installation, spam, newsletter, license, server error"""
"""Words that free texts hold."""
