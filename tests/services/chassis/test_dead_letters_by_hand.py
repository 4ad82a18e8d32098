"""`desk dead-letters` at a service that was given something that is no event."""

import asyncio
import json
from collections.abc import Callable
from pathlib import Path
from uuid import uuid4

import uvicorn
from aiokafka import AIOKafkaProducer
from typer.testing import CliRunner

from cli.app import app
from deploy.keys import Keys
from deploy.run_folder import RunFolder
from tests.harness import INTERNAL_SECRET, running_service
from tests.infrastructure import KafkaServer, free_ports


async def test_what_died_is_listed_and_passed_over(
    database_url: Callable[[str], str], kafka: KafkaServer, tmp_path: Path
) -> None:
    prefix = f"{uuid4().hex}."
    folder = RunFolder(tmp_path / str(port := free_ports(10)), first_port=port)
    folder.keys.mkdir(parents=True)
    Keys(folder.keys).internal_token.write_text(INTERNAL_SECRET)

    async def desk(*words: str) -> tuple[int, str]:
        environment = {"DESK_HOME": str(tmp_path), "DESK_PORT": str(port)}
        done = await asyncio.to_thread(CliRunner().invoke, app, ["dead-letters", *words], env=environment)
        return done.exit_code, done.stdout

    assert (await desk("list"))[0] == 2
    url = database_url("turnout")
    async with running_service("turnout", database_url=url, kafka=kafka, topic_prefix=prefix) as turnout:
        config = uvicorn.Config(turnout.app, port=folder.port("turnout"), lifespan="off", log_config=None)
        server = uvicorn.Server(config)
        serving = asyncio.create_task(server.serve())
        producer = AIOKafkaProducer(bootstrap_servers=kafka.bootstrap)
        await producer.start()
        await producer.send_and_wait(f"{prefix}desk.registry.v1", b"no event at all", key=b"somebody")
        await producer.stop()
        await turnout.wait_until_known("select 1 from consumer_dead_letter")

        code, told = await desk("list", "--json")
        assert code == 2  # the four others do not answer
        (letter,) = json.loads(told)["items"]
        assert letter["id"] == "turnout/1"
        assert letter["settlement"] is None
        assert (await desk("skip", "turnout/1", "--reason", "a test")) == (
            0,
            "turnout/1: 0 events were applied\n",
        )
        assert (await desk("replay", "turnout/1"))[0] == 2
        assert (await desk("replay", "turnout/9"))[0] == 2
        assert (await desk("replay", "nobody/1"))[0] == 2
        assert json.loads((await desk("list", "--json"))[1])["items"] == []
        (letter,) = json.loads((await desk("list", "--json", "--settled"))[1])["items"]
        assert letter["settlement"] == "skip by desk-cli: a test"
        server.should_exit = True
        await serving
