"""What the walks through production share with the integration tests."""

from containers.fixtures import engine, registry, ssh_machine  # noqa: F401
