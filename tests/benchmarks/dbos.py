"""Task throughput on PostgreSQL and Redis against DBOS queued workflows on the same server.

Limit: at least twice. Each task is a queued workflow of one step, which writes the row: what is
done outside a step may be done twice. The queue is looked at every 0.05 s instead of every second,
each process takes up to 50 workflows at once (8 were slower), pools hold 20 connections; workflows
are enqueued beforehand; its log at WARNING, tracing off. dsar has eight threads in each process.
"""

from tests.benchmarks._peers import compare

PROGRAM = """
import os, sys, threading
from dbos import DBOS, DBOSConfig
from sqlalchemy import create_engine, text

address = os.environ["DATABASE"]
engine = create_engine(address.replace("postgresql:", "postgresql+psycopg:"), pool_size=20)
config = DBOSConfig(name="bench", system_database_url=address, sys_db_pool_size=20,
                    log_level="WARNING", application_version="1",
                    executor_id=f"executor-{sys.argv[2]}" if sys.argv[1] == "work" else "filler")
DBOS(config=config)

@DBOS.step()
def write(name: str) -> None:
    with engine.begin() as connection:
        connection.execute(text("insert into effect_of_work (name) values (:name)"), {"name": name})

@DBOS.workflow()
def write_row(name: str) -> None:
    write(name)

if sys.argv[1] == "work":
    DBOS.launch()
    DBOS.register_queue("work", worker_concurrency=50, polling_interval_sec=0.05)
    threading.Event().wait()
else:
    from dbos import DBOSClient
    DBOS.launch()
    DBOS.destroy()
    client = DBOSClient(system_database_url=address)
    for number in range(int(sys.argv[2])):
        client.enqueue({"queue_name": "work", "workflow_name": "write_row", "app_version": "1"},
                       str(number))
"""

if __name__ == "__main__":
    compare("dbos", ("dbos", "psycopg[binary]"), PROGRAM, limit=2)
