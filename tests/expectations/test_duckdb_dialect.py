"""Great Expectations on DuckDB through the shim, expectation by expectation."""

import warnings

import duckdb
import pytest
import sqlalchemy as sa

from expectations.duckdb_dialect import SharedConnection, install, sql_type


@pytest.fixture(scope="module")
def con():
    con = duckdb.connect()
    con.execute("""
        create table goods as from (values
            (1, 'ab', 1.50::decimal(18,2), 'CNY', date '2026-01-01', ['x']),
            (2, 'abc', 2.25, 'USD', date '2026-01-02', ['y']),
            (3, null, 99.99, 'CNY', null, null)
        ) t(id, name, price, currency, day, tags);
        create view dear as from goods where price > 50;
        create view none as from goods where false;
    """)
    return con


@pytest.fixture(scope="module")
def validate(con):
    """Validate one expectation over one table; gives the result."""
    import great_expectations as gx

    install()
    context = gx.get_context(mode="ephemeral")
    context.variables.progress_bars = {"globally": False}
    source = context.data_sources.add_sql(
        "s", connection_string="duckdb://", kwargs={"creator": lambda: SharedConnection(con.cursor())}
    )
    batches = {
        name: source.add_table_asset(name, table_name=name).add_batch_definition_whole_table("w").get_batch()
        for name in ("goods", "dear", "none")
    }
    return lambda expectation, table="goods": batches[table].validate(expectation)


def test_not_null(validate):
    import great_expectations.expectations as gxe

    result = validate(gxe.ExpectColumnValuesToNotBeNull(column="name"))
    assert (result.success, result.result["element_count"], result.result["unexpected_count"]) == (
        False,
        3,
        1,
    )
    assert validate(gxe.ExpectColumnValuesToNotBeNull(column="id")).success


def test_in_set_between_and_lengths(validate):
    import great_expectations.expectations as gxe

    result = validate(gxe.ExpectColumnValuesToBeInSet(column="currency", value_set=["CNY"]))
    assert result.result["unexpected_count"] == 1
    result = validate(gxe.ExpectColumnValuesToBeBetween(column="price", min_value=2, max_value=50))
    assert result.result["unexpected_count"] == 2
    result = validate(gxe.ExpectColumnValueLengthsToBeBetween(column="name", max_value=2))
    assert result.result["unexpected_count"] == 1


def test_a_regular_expression_must_match_the_whole_value(validate):
    """The trap: `~` is a full match in DuckDB, so a search pattern finds nothing."""
    import great_expectations.expectations as gxe

    part = validate(gxe.ExpectColumnValuesToMatchRegex(column="name", regex="b"))
    assert part.result["unexpected_count"] == 2
    assert validate(gxe.ExpectColumnValuesToMatchRegex(column="name", regex=".*b.*")).success


def test_unexpected_rows(validate):
    import great_expectations.expectations as gxe

    query = "select * from {batch} where price > 2"
    result = validate(gxe.UnexpectedRowsExpectation(unexpected_rows_query=query))
    assert (result.success, result.result["observed_value"]) == (False, 2)


def test_row_condition(validate):
    import great_expectations.expectations as gxe
    from great_expectations.expectations.row_conditions import Column

    only_usd = gxe.ExpectColumnValuesToNotBeNull(column="name", row_condition=Column("currency") == "USD")
    assert validate(only_usd).success


def test_an_empty_batch(validate):
    import great_expectations.expectations as gxe

    result = validate(gxe.ExpectColumnValuesToNotBeNull(column="name"), "none")
    assert result.success
    assert (result.result["element_count"], result.result["unexpected_count"]) == (0, None)
    assert validate(gxe.ExpectTableRowCountToEqual(value=1), "dear").success


def test_a_missing_column_and_bad_sql_raise_inside_the_result(validate):
    import great_expectations.expectations as gxe

    for broken in (
        gxe.ExpectColumnValuesToNotBeNull(column="nowhere"),
        gxe.UnexpectedRowsExpectation(unexpected_rows_query="select * from {batch} where nowhere = 1"),
    ):
        info = validate(broken).exception_info
        entries = [info] if "raised_exception" in info else info.values()
        assert any(each["raised_exception"] for each in entries)


def test_reflection_gives_types(con):
    install()
    engine = sa.create_engine("duckdb://", creator=lambda: SharedConnection(con.cursor()))
    columns = {each["name"]: each for each in sa.inspect(engine).get_columns("goods")}
    assert str(columns["id"]["type"]) == "INTEGER"
    assert (columns["price"]["type"].precision, columns["price"]["type"].scale) == (18, 2)
    assert str(columns["day"]["type"]) == "DATE"
    assert str(columns["tags"]["type"]) == "VARCHAR"  # nested types pass as text
    with pytest.raises(sa.exc.NoSuchTableError):
        sa.inspect(engine).get_columns("nowhere")
    assert isinstance(sql_type("TIMESTAMP WITH TIME ZONE"), sa.DateTime)


def test_rows_survive_the_commit_that_follows_their_statement(con):
    """Without the shim DuckDB drops rows not yet fetched, without an error."""
    connection = SharedConnection(con.cursor())
    cursor = connection.cursor()
    cursor.execute("select id from goods order by id")
    connection.commit()
    assert cursor.fetchone() == (1,)
    assert cursor.fetchmany(1) == [(2,)]
    assert cursor.fetchall() == [(3,)]
    assert cursor.fetchone() is None


def test_an_engine_of_its_own(tmp_path):
    install()
    with (
        warnings.catch_warnings(),
        sa.create_engine(f"duckdb:///{tmp_path}/own.duckdb").connect() as connection,
    ):
        warnings.simplefilter("ignore")
        assert connection.execute(sa.text("select 41 + 1")).scalar() == 42
