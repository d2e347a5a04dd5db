from tests.spec import render_tables
from tests.spec.render import CHAPTERS, PAGE, render


def test_the_page_is_what_the_specs_say() -> None:
    current = PAGE.exists() and PAGE.read_text(encoding="utf-8") == render()
    assert current, (
        "docs/language.md is not what tests/spec says: run make docs (.venv/bin/python -m tests.spec.render)"
    )


def test_no_example_is_told_twice() -> None:
    rows = [row for chapter in CHAPTERS for row in chapter.rows()]
    assert len(set(map(str, rows))) == len(rows)


def test_rendering_twice_gives_the_same_bytes() -> None:
    assert render() == render()


def test_the_data_dictionary_is_what_the_knowledge_says() -> None:
    current = render_tables.PAGE.exists() and render_tables.PAGE.read_text(encoding="utf-8") == render_tables.render()
    assert current, "docs/tables.md is not what knowledge/tables says: run make docs"
