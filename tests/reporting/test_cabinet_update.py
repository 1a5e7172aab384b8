from reporting.chronicle import Chronicle
from reporting.quarter import UPDATE


def test_show(quarter: Chronicle) -> None:
    r = quarter.update(UPDATE)
    print(r.title, r.occasion, r.ledger_position)
    for s in r.sections:
        print("\n##", s.number, s.title)
        for x in s.statements:
            print(" ", x.number or "-", x.text, [y.position for y in x.sources])
        for t in s.tables:
            print(t.caption, t.columns)
            for row in t.rows:
                print("   ", row.cells)
    print("=========")
    r = quarter.scrutiny("2014-10-16", "2015-01-16", "2015-01-20", lambda p, s: {x: x.upper() for x in s})
    for s in r.sections:
        print("\n##", s.number, s.title)
        for x in s.statements:
            print(" ", x.number or "-", x.text, [y.position for y in x.sources])
        for t in s.tables:
            print(t.caption, t.columns)
            for row in t.rows:
                print("   ", row.cells)
    from services.reporting.pages import report_page

    open("/tmp/cabinet.html", "w").write(report_page(quarter.update(UPDATE)))
    open("/tmp/scrutiny.html", "w").write(report_page(r))
