"""Writes `kafka.lock` (`python -m deploy.kafka_lock`), when another version of Kafka is wanted."""

import hashlib

import jgo
from jgo.constants import MAVEN_CENTRAL_URL

from deploy import kafka_jars

ENDPOINT = "org.apache.kafka:kafka_2.13:4.3.1+org.slf4j:slf4j-simple:1.7.36"
"""The broker, and the smallest logger that its logging interface accepts."""


def main() -> None:
    """Resolve the endpoint with all that it needs, and write down what came of it."""
    repository = MAVEN_CENTRAL_URL.rstrip("/")
    lines = [repository]
    for artifact in jgo.resolve(ENDPOINT):
        name = f"{artifact.artifactId}-{artifact.version}.jar"
        path = "/".join([*artifact.groupId.split("."), artifact.artifactId, artifact.version, name])
        content = kafka_jars.download(repository, path)
        lines.append(f"{hashlib.sha256(content).hexdigest()} {len(content)} {path}")
    kafka_jars.LOCK.write_text("\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
