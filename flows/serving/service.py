"""Start everything, watch it, stop it: the life of `tongguan serve`."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import time
import urllib.request
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from prefect.client.orchestration import SyncPrefectClient, get_client

from flows.errors import DayStopped, UsageProblem
from flows.notifications import SMTP, WEBHOOK, NotificationError, channels, install_automations
from flows.serving import declared, deploying, processes
from flows.serving.control import Stop, Told, only_one, told_to_stop
from flows.serving.environment import POOL, Service
from flows.serving.resuming import Resumer

#: A server needs 15 s on an idle machine and a minute on its first start; more than this is broken.
START_SECONDS = 300
#: How often dead runs are looked for: found dead twice, a run is back in the queue within half a minute.
LOOK_SECONDS = 15
#: What server and worker have to end by themselves.
END_SECONDS = 15

Say = Callable[[str], None]


@dataclass
class Running:
    """A service under way."""

    service: Service
    environment: dict[str, str]
    say: Say
    grace: float  # seconds that running days get when the service stops
    told: Told
    children: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)

    def start(self, name: str, command: Sequence[str]) -> None:
        """Start a child that the service needs."""
        log = self.service.logs / f"{name}.log"
        self.children[name] = processes.start(name, command, self.environment, log)

    def check(self) -> None:
        """Raises DayStopped naming a child that ended."""
        for name, child in self.children.items():
            if child.poll() is not None:
                how = (
                    f"signal {-child.returncode}" if child.returncode < 0 else f"exit code {child.returncode}"
                )
                raise DayStopped(
                    f"the {name} (process {child.pid}) ended by {how}, so the service stops; its last words are in "
                    f"{self.service.logs / f'{name}.log'}"
                )


def serve(service: Service, zones: Sequence[str], runs: int, grace: float, say: Say) -> None:
    """Serve until told to stop (SIGINT, SIGTERM), then stop everything.

    `runs` flow runs at a time; those under way when told to stop have `grace` seconds to finish, or until told
    again, and are put back into the queue if they do not. Raises UsageProblem where another process serves the
    home or the port is taken, DayStopped where a child dies.
    """
    environment = service.environment(os.environ)
    with only_one(service), told_to_stop() as told:
        here = Running(service, environment, say, grace, told)
        try:
            begin(here, zones, runs)
            watch(here)
        except Stop:
            say("told to stop")
        finally:
            told.stopping = True  # from here on a signal only hurries
            end(here)


def begin(here: Running, zones: Sequence[str], runs: int) -> None:
    """Server, pool, deployments, notifications, what died, worker: in this order."""
    service, say = here.service, here.say
    say(f"starting the server (log {service.logs / 'server.log'})")
    here.start("server", [deploying.prefect(), "server", "start"])
    _until_it_answers(here)
    say(f"server   {service.page}  (API {service.api})")
    names = declared.chosen(zones)
    with get_client(sync_client=True) as client:
        deploying.make_pool(client)
        gone = deploying.remove_others(client, names)
        deploying.deploy(names, here.environment)
        say(
            f"deployed {len(names)} deployments of {', '.join(zones)}"
            + (f"; removed {', '.join(gone)}" if gone else "")
        )
        for sentence in Resumer(service).look(client, at_once=True):
            say(sentence)
    say(notices())
    command = [deploying.prefect(), "worker", "start", "--pool", POOL, "--type", "process"]
    here.start("worker", [*command, "--name", f"{POOL}-{socket.gethostname()}", "--limit", str(runs)])
    say(f"worker   started, {runs} runs at a time (log {service.logs / 'worker.log'})")
    say(f"serving {service.home}; stop with Ctrl-C or SIGTERM to process {os.getpid()}")


def notices() -> str:
    """Put the automations on the server; says who is told of alerts. Raises UsageProblem for a wrong channel."""
    try:
        names = install_automations()
    except NotificationError as error:
        raise UsageProblem(str(error)) from error
    if not names:
        return f"notices  nobody is told of alerts: set {WEBHOOK} or {SMTP} (docs/operations/watching.md)"
    return f"notices  {len(names)} automations over {', '.join(channels())}"


def watch(here: Running) -> None:
    """Look after children and runs until told to stop."""
    resumer, looked = Resumer(here.service), time.monotonic()
    while True:
        here.check()
        if time.monotonic() - looked > LOOK_SECONDS:
            with get_client(sync_client=True) as client:
                look(here, resumer, client)
            looked = time.monotonic()
        time.sleep(0.5)


def look(here: Running, resumer: Resumer, client: SyncPrefectClient) -> None:
    """Put dead runs back; a server too busy to answer is asked again later."""
    try:
        for sentence in resumer.look(client):
            here.say(sentence)
    except (
        Exception
    ) as error:  # the children are checked apart; what the API cannot tell now it tells next time
        here.say(f"could not look for dead runs: {type(error).__name__}: {error}")


def end(here: Running) -> None:
    """Let running days finish, then end the worker, what is left of runs, and the server."""
    worker, server = here.children.get("worker"), here.children.get("server")
    if worker and worker.poll() is None:
        _let_runs_finish(here)
        worker.send_signal(signal.SIGTERM)  # takes its runs along, so only when they had their time
        processes.wait(lambda: worker.poll() is not None or here.told.hurry, END_SECONDS)
    _finish(here, "worker")
    # Every commit is a transaction: a killed day leaves nothing half done, and is run again.
    processes.send((each.pid for each in _runs(here)), signal.SIGKILL)
    if worker and server and server.poll() is None:
        try:
            with get_client(sync_client=True) as client:
                for sentence in Resumer(here.service).look(client, at_once=True, by_service=True):
                    here.say(sentence)
        except Exception as error:  # the next start looks again, before anything runs
            here.say(f"could not put runs back now: {type(error).__name__}: {error}")
    if server and server.poll() is None:
        server.send_signal(signal.SIGTERM)
        processes.wait(lambda: server.poll() is not None, END_SECONDS)
    _finish(here, "server")
    if left := [each.pid for each in processes.served(here.service.home)]:
        processes.send(left, signal.SIGKILL)
        processes.wait(lambda: not processes.served(here.service.home), END_SECONDS)
    here.say("stopped: server, worker and runs have ended")


def _let_runs_finish(here: Running) -> None:
    """Have the worker take no more runs, and wait for those under way as long as they may take."""
    runs = len({each.flow_run for each in _runs(here)})
    if not runs or not here.grace:
        return
    here.say(f"waiting up to {here.grace:.0f} s for {runs} runs under way (stop again to wait no longer)")
    try:
        with get_client(sync_client=True) as client:
            deploying.pause_pool(client, paused=True)
    except Exception as error:  # a run that begins meanwhile is ended with the others, and run again
        here.say(f"could not pause the pool: {type(error).__name__}: {error}")
    processes.wait(lambda: here.told.hurry or not _runs(here), here.grace)


def _runs(here: Running) -> list[processes.Served]:
    return [each for each in processes.served(here.service.home) if each.flow_run]


def _finish(here: Running, name: str) -> None:
    """End a child that has not ended, and take its exit code."""
    child = here.children.get(name)
    if child is None:
        return
    if child.poll() is None:
        child.kill()
    child.wait()


def _until_it_answers(here: Running) -> None:
    def answers() -> bool:
        here.check()
        try:
            with urllib.request.urlopen(f"{here.service.api}/health", timeout=5):
                return True
        except OSError:
            return False

    if not processes.wait(answers, START_SECONDS, step=0.5):
        raise DayStopped(
            f"the server did not answer within {START_SECONDS} s: see {here.service.logs / 'server.log'}"
        )
