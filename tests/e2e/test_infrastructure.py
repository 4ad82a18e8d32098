from collections.abc import Callable

import asyncpg
import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from aiokafka.admin import AIOKafkaAdminClient, NewTopic

from deploy.postgres import ensure_database, sql
from tests.infrastructure import KafkaServer, PostgresServer


@pytest.mark.parametrize("setting", ["fsync", "synchronous_commit", "full_page_writes"])
async def test_what_is_acknowledged_is_on_the_disk(database_url: Callable[[str], str], setting: str) -> None:
    connection = await asyncpg.connect(database_url("registry"))
    assert await connection.fetchval(f"show {setting}") == "on"
    await connection.close()


async def test_a_service_cannot_open_the_database_of_another(database_url: Callable[[str], str]) -> None:
    other = database_url("turnout").rsplit("/", 1)[1]
    own = database_url("registry").rsplit("/", 1)[0]
    with pytest.raises(asyncpg.InsufficientPrivilegeError, match="permission denied for database"):
        await asyncpg.connect(f"{own}/{other}")


async def test_a_wrong_password_is_refused(database_url: Callable[[str], str]) -> None:
    url = database_url("registry")
    with pytest.raises(asyncpg.InvalidPasswordError):
        await asyncpg.connect(url, password="guess")  # pragma: allowlist secret


async def test_a_database_that_its_login_role_owned_changes_hands_with_all_that_is_in_it(
    postgres: PostgresServer,
) -> None:
    name, cluster = "desk_from_before", postgres.cluster
    sql(cluster, f"create role {name} login; create database {name} owner {name};")
    made = (
        "create table kept (n int); insert into kept values (1); create function one() returns int return 1;"
    )
    sql(cluster, f"set role {name}; {made}", database=name)
    passwords = {"password": "of-login", "owner_password": "of-owner"}  # pragma: allowlist secret
    for _ in range(2):
        ensure_database(cluster, name, role=name, **passwords)
    owners = """select pg_get_userbyid(datdba) from pg_database where datname = current_database()
        union all select pg_get_userbyid(relowner) from pg_class where relname = 'kept'
        union all select pg_get_userbyid(proowner) from pg_proc where proname = 'one';"""
    assert sql(cluster, owners, database=name).split() == [f"{name}_owner"] * 3
    assert sql(cluster, "select n from kept;", database=name).strip() == "1"
    login = await asyncpg.connect(cluster.url(name, role=name, password=passwords["password"]))
    for statement in ("drop table kept", "create table more (n int)", "select * from kept"):
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await login.execute(statement)
    await login.close()
    sql(cluster, f"drop database {name}; drop role {name}; drop role {name}_owner;")


async def test_the_broker_serves_a_producer_and_a_consumer_group(kafka: KafkaServer) -> None:
    admin = AIOKafkaAdminClient(bootstrap_servers=kafka.bootstrap)
    await admin.start()
    await admin.create_topics([NewTopic("infrastructure", num_partitions=12, replication_factor=1)])
    await admin.close()
    producer = AIOKafkaProducer(bootstrap_servers=kafka.bootstrap, enable_idempotence=kafka.idempotent)
    await producer.start()
    for number in range(20):
        await producer.send_and_wait("infrastructure", b"%d" % number, key=b"%d" % number)
    await producer.stop()
    consumer = AIOKafkaConsumer(
        "infrastructure",
        bootstrap_servers=kafka.bootstrap,
        group_id="readers",
        auto_offset_reset="earliest",
        enable_auto_commit=False,
    )
    await consumer.start()
    seen = {int((await consumer.getone()).value or b"-1") for _ in range(20)}
    await consumer.commit()
    await consumer.stop()
    assert seen == set(range(20))
