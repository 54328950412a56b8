"""Ragged rows, quotes, line ends and delimiters: where a row ends, where a field ends, and what does not fit."""

from __future__ import annotations

from nl2sql.ingest.base import ReadOptions
from tests.odd_files.expectation import NO_TABLE, RAGGED, SKIPPED, Asked, Said, Table, lines, odd, table

_ABC = "a int, b int, c int"
_QUOTE = r"quot|ends? within|never closed|unterminated|not closed|line \d"

RAGGED_FILES = (
    odd(
        "ragged_short.csv",
        lines("a,b,c", "1,2,3", "4,5", "6,7,8"),
        table(_ABC, (1, 2, 3), (4, 5, None), (6, 7, 8), says=RAGGED),
        modes={
            "drop": table(_ABC, (1, 2, 3), (6, 7, 8), rejected=1, lines=(3,)),
            "stop": Said(r"line 3\b"),
            "ask": Asked(1, (3,), RAGGED),
        },
    ),
    odd(
        "ragged_long.csv",
        lines("a,b,c", "1,2,3", "4,5,6,seven", "8,9,10"),
        table(_ABC + ", * text", (1, 2, 3, None), (4, 5, 6, "seven"), (8, 9, 10, None), says=RAGGED),
        modes={
            "drop": table(_ABC, (1, 2, 3), (8, 9, 10), rejected=1, lines=(3,)),
            "stop": Said(r"line 3\b"),
            "ask": Asked(1, (3,), RAGGED),
        },
    ),
    odd(
        "ragged_both_ways.csv",
        lines("a,b,c", "1,2,3", "4", "5,6,7,8,9", "10,11,12"),
        Table(
            _ABC + ", * text",
            4,
            cells=((0, 2, 3), (1, 0, 4), (1, 1, None), (1, 2, None), (2, 0, 5), (2, 2, 7), (3, 2, 12)),
            says=(RAGGED,),
        ),
        Table(
            _ABC + ", * any, * any",
            4,
            cells=((0, 2, 3), (1, 0, 4), (1, 1, None), (2, 0, 5), (2, 3, "8"), (2, 4, "9"), (3, 2, 12)),
            says=(RAGGED,),
        ),
        modes={"drop": table(_ABC, (1, 2, 3), (10, 11, 12), rejected=2, lines=(3, 4)), "ask": Asked(2, (3, 4))},
    ),
    odd(
        "one_ragged_row_late.csv",
        lines(
            "id,street,city",
            *(f"{n},Street {n},City" for n in range(5000)),
            "5000,Main St, 5,City",
            *(f"{n},Street {n},City" for n in range(5001, 6000)),
        ),
        Table(
            "id int, street text, city text, * text",
            6000,
            cells=((5000, 1, "Main St"), (5999, 0, 5999)),
            says=(RAGGED,),
        ),
        modes={"drop": Table("id int, street text, city text", 5999, rejected=1, lines=(5002,))},
    ),
    odd(
        "header_shorter.csv",
        lines("a,b", "1,2,x", "3,4,y", "5,6,z"),
        table("a int, b int, * text", (1, 2, "x"), (3, 4, "y"), (5, 6, "z"), says=r"header|name|column"),
        table("* text, a int, b text", ("1", 2, "x"), ("3", 4, "y"), ("5", 6, "z"), says=r"header|name|column"),
    ),
    odd(
        "row_names_without_header.csv",
        lines('"height","weight"', '"ada",170,60', '"bob",180,80', '"cem",175,70'),
        table(
            "* text, height int, weight int",
            ("ada", 170, 60),
            ("bob", 180, 80),
            ("cem", 175, 70),
            says=r"header|name|column",
        ),
        table(
            "height text, weight int, * int",
            ("ada", 170, 60),
            ("bob", 180, 80),
            ("cem", 175, 70),
            says=r"header|name|column",
        ),
    ),
    odd(
        "header_longer.csv",
        lines("a,b,c,d", "1,2,3", "4,5,6", "7,8,9"),
        table(_ABC + ", d any", (1, 2, 3, None), (4, 5, 6, None), (7, 8, 9, None), says=RAGGED + r"|d\b|empty"),
    ),
    odd(
        "line_between.csv",
        lines("id,name,city", "1,Ada,Rome", "--- page 2 ---", "2,Bob,Oslo", "3,Cem,Bonn"),
        table(
            "id text, name text, city text",
            ("1", "Ada", "Rome"),
            ("--- page 2 ---", None, None),
            ("2", "Bob", "Oslo"),
            ("3", "Cem", "Bonn"),
            says=RAGGED,
        ),
        modes={
            "drop": table(
                "id int, name text, city text",
                (1, "Ada", "Rome"),
                (2, "Bob", "Oslo"),
                (3, "Cem", "Bonn"),
                rejected=1,
                lines=(3,),
            )
        },
    ),
    odd(
        "trailing_empty_cut.csv",
        lines("id,name,note", "1,Ada,x", "2,Bob", "3", "4,Dee,y"),
        table(
            "id int, name text, note text",
            (1, "Ada", "x"),
            (2, "Bob", None),
            (3, None, None),
            (4, "Dee", "y"),
            says=RAGGED,
        ),
    ),
    odd(
        "every_row_another_length.csv",
        lines("a", "1,2", "3,4,5", "6,7,8,9"),
        Table("*", 3, says=(RAGGED,)),
        Table("* any, * any", 3, says=(RAGGED,)),
        Table("* any, * any, * any", 3, says=(RAGGED,)),
        Table("* any, * any, * any, * any", 3, cells=((2, 3, 9),)),
        Table("* any, * any, * any, * any", 4),
        Table("a text", 3, cells=((2, 0, "6,7,8,9"),)),
        Said(NO_TABLE + "|" + RAGGED),
    ),
    odd(
        "blank_lines_between.csv",
        lines("a,b,c", "", "1,2,3", "", "", "4,5,6", ""),
        table(_ABC, (1, 2, 3), (4, 5, 6)),
    ),
    odd(
        "blank_values_in_one_column.csv",
        lines("name", "Ada", "", "Bob"),
        table("name text", ("Ada",), (None,), ("Bob",)),
        table("name text", ("Ada",), ("Bob",), says=r"blank|empty"),
    ),
    odd(
        "misfits_of_both_kinds.csv",
        lines("id,units", "1,5", "2,many", "3", "4,7,8", "5,9"),
        table(
            "id int, units text, * text",
            (1, "5", None),
            (2, "many", None),
            (3, None, None),
            (4, "7", "8"),
            (5, "9", None),
            says=RAGGED,
        ),
        options=ReadOptions(types=((0, "BIGINT"), (1, "BIGINT"))),
        modes={
            "drop": table("id int, units int", (1, 5), (5, 9), rejected=3, lines=(3, 4, 5)),
            "ask": Asked(3, (3, 4, 5)),
        },
    ),
    odd(
        "one_row_two_misfits.csv",
        lines("id,units,price", "1,5,1.5", "x,many,cheap", "3,7,2.5"),
        table("id text, units text, price text", ("1", "5", "1.5"), ("x", "many", "cheap"), ("3", "7", "2.5")),
        options=ReadOptions(types=((0, "BIGINT"), (1, "BIGINT"), (2, "DOUBLE"))),
        modes={
            "drop": Table("id int, units int, price number", ((1, 5, "1.5"), (3, 7, "2.5")), lines=(3, 3, 3)),
            "stop": Said(r"line 3\b"),
        },
    ),
)

QUOTE_FILES = (
    odd(
        "newline_in_quotes.csv",
        'id,note\r\n1,"first\nsecond"\r\n2,"a\r\nb"\r\n3,c\r\n',
        table("id int, note text", (1, "first\nsecond"), (2, "a\r\nb"), (3, "c")),
        table("id int, note text", (1, "first\nsecond"), (2, "a\nb"), (3, "c")),  # a line end within a cell stays one
    ),
    odd(
        "doubled_quotes.csv",
        lines("id,note", '1,"say ""hi"", twice"', '2,""""'),
        table("id int, note text", (1, 'say "hi", twice'), (2, '"')),
    ),
    odd(
        "backslash_quotes.csv",
        lines("id,note,n", '1,"say \\"hi\\", twice",5', '2,"plain",6', '3,"c:\\\\dir",7'),
        table("id int, note text, n int", (1, 'say "hi", twice', 5), (2, "plain", 6), (3, "c:\\dir", 7)),
        table("id int, note text, n int", (1, 'say "hi", twice', 5), (2, "plain", 6), (3, "c:\\\\dir", 7)),
    ),
    odd(
        "backslashes_kept.csv",
        lines("id,path", "1,C:\\temp\\new", '2,"C:\\dir\\"', "3,\\\\host\\share"),
        table("id int, path text", (1, "C:\\temp\\new"), (2, "C:\\dir\\"), (3, "\\\\host\\share")),
    ),
    odd(
        "single_quotes.csv",
        lines("id,note", "1,'a, b'", "2,'c'", "3,'d, e'"),
        table("id int, note text", (1, "a, b"), (2, "c"), (3, "d, e")),
    ),
    odd(
        "apostrophes.csv",
        lines("id,note", "1,it's", "2,'tis", "3,rock 'n' roll"),
        table("id int, note text", (1, "it's"), (2, "'tis"), (3, "rock 'n' roll")),
    ),
    odd(
        "inches.csv",
        lines("id,part,n", '1,5" pipe,3', "2,valve,4", '3,7" pipe,5'),
        table("id int, part text, n int", (1, '5" pipe', 3), (2, "valve", 4), (3, '7" pipe', 5)),
    ),
    odd(
        "quote_never_closed_last.csv",
        lines("id,note", "1,a", '2,"b', "3,c"),
        table("id int, note text", (1, "a"), (2, '"b'), (3, "c"), says=_QUOTE),
        table("id int, note text", (1, "a"), (2, "b"), (3, "c"), says=_QUOTE),
        table("id int, note text", (1, "a"), (2, "b\n3,c\n"), says=_QUOTE),
        table("id int, note text", (1, "a"), (2, "b\n3,c"), says=_QUOTE),
        Said(_QUOTE),
    ),
    odd(
        "quote_never_closed_early.csv",
        lines("id,note,n", "1,a,1", '2,"b,2', *(f"{n},plain,{n}" for n in range(3, 500))),
        Table("id int, note text, n int", 499, cells=((1, 1, '"b'), (498, 0, 499)), says=(_QUOTE,)),
        Table("id int, note text, n int", 499, cells=((1, 0, 2), (498, 0, 499)), says=(_QUOTE,)),
        Table("id int, note text, n int", 2, says=(_QUOTE,)),
        Said(_QUOTE),
    ),
    odd(
        "text_behind_the_quote.csv",
        lines("id,note,n", '1,"abc"def,1', "2,plain,2", "3,other,3"),
        table("id int, note text, n int", (1, '"abc"def', 1), (2, "plain", 2), (3, "other", 3)),
        table("id int, note text, n int", (1, "abcdef", 1), (2, "plain", 2), (3, "other", 3), says=_QUOTE),
        Said(_QUOTE),
    ),
    odd(
        "space_before_the_quote.csv",
        lines("id, note, n", '1, "a, b", 2', '2, "c", 3', '3, "d, e", 4'),
        table("id int, note text, n int", (1, "a, b", 2), (2, "c", 3), (3, "d, e", 4)),
    ),
    odd(
        "quotes_mean_nothing.tsv",
        lines("id\tnote", '1\t"hello', '2\tsay "hi"', '3\tbye"'),
        table("id int, note text", (1, '"hello'), (2, 'say "hi"'), (3, 'bye"')),
    ),
    odd(
        "quote_chosen_none.csv",
        lines("id;note", '1;"hello', '2;"hi"'),
        table("id int, note text", (1, '"hello'), (2, '"hi"')),
        options=ReadOptions(quote=""),
    ),
    odd(
        "header_with_newline.csv",
        lines('id,"Net\nsales",n', "1,5,6", "2,7,8"),
        table("id int, net_sales int, n int", (1, 5, 6), (2, 7, 8)),
    ),
    odd(
        "delimiter_in_header.csv",
        lines('id;"Sales; net";"Region, country"', "1;5;x", "2;7;y"),
        table(
            "id int, sales_net int, region_country text",
            (1, 5, "x"),
            (2, 7, "y"),
            headers=("id", "Sales; net", "Region, country"),
        ),
    ),
    odd(
        "commas_in_semicolon_file.csv",
        lines("id;note;city", "1;a, b, c;Rome, Italy", "2;d, e, f;Oslo, Norway", "3;g, h, i;Bonn, Germany"),
        table(
            "id int, note text, city text",
            (1, "a, b, c", "Rome, Italy"),
            (2, "d, e, f", "Oslo, Norway"),
            (3, "g, h, i", "Bonn, Germany"),
        ),
    ),
    odd(
        "all_quoted.csv",
        lines('"id","name"', '"1","Ada"', '"2","Bob"'),
        table("id int, name text", (1, "Ada"), (2, "Bob")),
    ),
    odd(
        "tab.tsv",
        lines("id\tname", "1\tAda, Countess", "2\tBob"),
        table("id int, name text", (1, "Ada, Countess"), (2, "Bob"), quiet=True),
    ),
    odd("tab_named_csv.csv", lines("id\tname", "1\tAda", "2\tBob"), table("id int, name text", (1, "Ada"), (2, "Bob"))),
    odd(
        "pipe.psv",
        lines("id|name", "1|Ada, Countess", "2|Bob"),
        table("id int, name text", (1, "Ada, Countess"), (2, "Bob"), quiet=True),
    ),
    odd(
        "pipe_edges.txt",
        lines("| id | name |", "| 1 | Ada |", "| 2 | Bob |"),
        table("id int, name text", (1, "Ada"), (2, "Bob")),
        table("id int, name text", (1, " Ada "), (2, " Bob ")),
        table("* any, id int, name text, * any", (None, 1, "Ada", None), (None, 2, "Bob", None)),
        table("* any, id int, name text, * any", (None, 1, " Ada ", None), (None, 2, " Bob ", None)),
    ),
    odd(
        "markdown_table.md",
        lines("| id | name |", "|---|---|", "| 1 | Ada |", "| 2 | Bob |"),
        Table("*", 3),
        Table("* any, * any", 2),
        Table("* any, * any", 3, says=(r".",)),
        Table("* any, * any, * any, * any", 3),
        Table("* any, * any, * any, * any", 4, says=(r"first line|header",)),
        Said(r"markdown|table"),
    ),
    odd(
        "caret.txt",
        lines("id^name^n", "1^Ada, x^5", "2^Bob^6", "3^Cem^7"),
        table("id int, name text, n int", (1, "Ada, x", 5), (2, "Bob", 6), (3, "Cem", 7)),
        table("* text", ("1^Ada, x^5",), ("2^Bob^6",), ("3^Cem^7",), says=r"one column|delimiter|single|separat"),
    ),
    odd(
        "delimiter_chosen.txt",
        lines("id~name", "1~Ada, x", "2~Bob"),
        table("id int, name text", (1, "Ada, x"), (2, "Bob")),
        options=ReadOptions(delimiter="~"),
    ),
    odd(
        "control_a.txt",
        lines("id\x01name", "1\x01Ada, x", "2\x01Bob"),
        table("id int, name text", (1, "Ada, x"), (2, "Bob")),
    ),
    odd(
        "two_character_delimiter.txt",
        lines("id||name||n", "1||Ada||5", "2||Bob||6"),
        table("id int, name text, n int", (1, "Ada", 5), (2, "Bob", 6)),
        table("id int, * any, name text, * any, n int", (1, None, "Ada", None, 5), (2, None, "Bob", None, 6)),
    ),
    odd(
        "fixed_width.txt",
        lines("id   name      city", "1    Ada       Rome", "2    Bob       New York", "3    Cem       Bonn"),
        table("id int, name text, city text", (1, "Ada", "Rome"), (2, "Bob", "New York"), (3, "Cem", "Bonn")),
        table(
            "* text",
            ("1    Ada       Rome",),
            ("2    Bob       New York",),
            ("3    Cem       Bonn",),
            says=r"one column|delimiter|single|separat|fixed",
        ),
        Said(r"fixed|delimiter|separat"),
    ),
    odd(
        "one_column.csv",
        lines("email", "a@b.org", "c@d.org", "e@f.org"),
        table("email text", ("a@b.org",), ("c@d.org",), ("e@f.org",)),
    ),
    odd("one_column_of_numbers.csv", lines("1", "2", "3"), table("* int", (1,), (2,), (3,))),
    odd(
        "numbers_without_header.csv",
        lines("1,2.5", "2,3.5", "3,4.5"),
        table("* int, * number", (1, "2.5"), (2, "3.5"), (3, "4.5")),
    ),
    odd(
        "text_without_header.csv",
        lines("Paris,France", "Rome,Italy", "Oslo,Norway", "Bonn,Germany"),
        table("* text, * text", ("Paris", "France"), ("Rome", "Italy"), ("Oslo", "Norway"), ("Bonn", "Germany")),
    ),
    odd(
        "text_with_header.csv",
        lines("name,city", "Ada,London", "Bob,Paris", "Cem,Ankara"),
        table("name text, city text", ("Ada", "London"), ("Bob", "Paris"), ("Cem", "Ankara")),
    ),
    odd(
        "text_with_unknown_header.csv",
        lines("Zorn,Quib", "alpha,beta", "gamma,delta"),
        table("zorn text, quib text", ("alpha", "beta"), ("gamma", "delta"), says=r"header|first line|names"),
        table(
            "* text, * text",
            ("Zorn", "Quib"),
            ("alpha", "beta"),
            ("gamma", "delta"),
            says=r"header|first line|names",
        ),
    ),
    odd(
        "header_chosen_none.csv",
        lines("name,city", "Ada,London"),
        table("* text, * text", ("name", "city"), ("Ada", "London")),
        options=ReadOptions(header=False),
    ),
    odd(
        "header_chosen.csv",
        lines("1,2", "3,4"),
        table("* int, * int", (3, 4), headers=("1", "2")),
        options=ReadOptions(header=True),
    ),
    odd(
        "skip_chosen.csv",
        lines("x,y", "id,name", "1,Ada"),
        table("id int, name text", (1, "Ada")),
        options=ReadOptions(skip_lines=1, header=True),
    ),
    odd(
        "skip_beyond_the_end.csv",
        lines("id,name", "1,Ada"),
        Said(r"skip|line|no (rows|table)|nothing|empty"),
        options=ReadOptions(skip_lines=50),
    ),
    odd(
        "comment_lines.csv",
        lines("# made by a script", "# on a day", "id,name", "1,Ada", "2,Bob"),
        table("id int, name text", (1, "Ada"), (2, "Bob"), says=SKIPPED),
    ),
    odd("hash_in_values.csv", lines("tag,n", "#one,1", "#two,2"), table("tag text, n int", ("#one", 1), ("#two", 2))),
    odd(
        "comments_between.csv",
        lines("id,name", "1,Ada", "# half way", "2,Bob"),
        table("id int, name text", (1, "Ada"), (2, "Bob"), says=r"#|comment|line 3"),
        table("id text, name text", ("1", "Ada"), ("# half way", None), ("2", "Bob"), says=RAGGED),
    ),
    odd(
        "only_a_header.csv",
        lines("id,name,city"),
        table("id any, name any, city any", says=r"no rows|header only|only (a|the) header|only names|only one line"),
        Said(r"no rows|only (a|the) header|header"),
        table("* text, * text, * text", ("id", "name", "city"), says=r"header"),
    ),
    odd("one_row.csv", lines("id,name", "1,Ada"), table("id int, name text", (1, "Ada"))),
    odd(
        "no_newline_at_the_end.csv",
        "id,name\n1,Ada\n2,Bob",
        table("id int, name text", (1, "Ada"), (2, "Bob"), quiet=True),
    ),
    odd("one_value.csv", "42", table("* int", (42,)), table("* any"), Said(r"rows|table|header|one")),
    odd(
        "crlf.csv",
        lines("id,name", "1,Ada", "2,Bob", end="\r\n"),
        table("id int, name text", (1, "Ada"), (2, "Bob"), quiet=True),
    ),
    odd(
        "lone_cr.csv", lines("id,name", "1,Ada", "2,Bob", end="\r"), table("id int, name text", (1, "Ada"), (2, "Bob"))
    ),
    odd(
        "mixed_line_ends.csv",
        "id,name\r\n1,Ada\n2,Bob\r\n3,Cem\r4,Dee\n",
        table("id int, name text", (1, "Ada"), (2, "Bob"), (3, "Cem"), (4, "Dee")),
    ),
    odd(
        "mixed_line_ends_late.csv",
        lines("id,name", *(f"{n},Ada" for n in range(2000)), end="\r\n") + "2000,Bob\n2001,Cem\n",
        Table("id int, name text", 2002, cells=((2000, 1, "Bob"), (2001, 0, 2001), (1999, 1, "Ada"))),
    ),
    odd("double_cr.csv", "id,name\r\r\n1,Ada\r\r\n2,Bob\r\r\n", table("id int, name text", (1, "Ada"), (2, "Bob"))),
    odd(
        "blank_line_first.csv",
        lines("", "", "id,name", "1,Ada", "2,Bob"),
        table("id int, name text", (1, "Ada"), (2, "Bob")),
    ),
    odd(
        "wide_gap_of_spaces.csv",
        lines("id , name ", "1 , Ada ", "2 , Bob "),
        table("id int, name text", (1, " Ada "), (2, " Bob ")),
        table("id int, name text", (1, "Ada"), (2, "Bob")),
    ),
    odd(
        "line_numbers_of_rejects.csv",
        'id,note\n1,"a\nb\nc"\n2,x\nbad,y\n',
        table("id text, note text", ("1", "a\nb\nc"), ("2", "x"), ("bad", "y")),
        options=ReadOptions(types=((0, "BIGINT"),)),
        modes={"drop": table("id int, note text", (1, "a\nb\nc"), (2, "x"), rejected=1, lines=(6,))},
    ),
    odd(
        "line_numbers_under_titles.csv",
        lines("A title", "", "id;note", "1;a", "2;b", "bad;y", "3;c"),
        table("id text, note text", ("1", "a"), ("2", "b"), ("bad", "y"), ("3", "c")),
        options=ReadOptions(types=((0, "BIGINT"),)),
        modes={"drop": table("id int, note text", (1, "a"), (2, "b"), (3, "c"), rejected=1, lines=(6,))},
    ),
    odd(
        "line_numbers_transcoded.csv",
        lines("id;ort", "1;Köln", "bad;Zürich", "3;Rom"),
        table("id text, ort text", ("1", "Köln"), ("bad", "Zürich"), ("3", "Rom")),
        encoding="cp1252",
        options=ReadOptions(types=((0, "BIGINT"),)),
        modes={"drop": table("id int, ort text", (1, "Köln"), (3, "Rom"), rejected=1, lines=(3,))},
    ),
)

FILES = RAGGED_FILES + QUOTE_FILES
