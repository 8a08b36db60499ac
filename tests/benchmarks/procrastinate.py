"""Task throughput on PostgreSQL and Redis against procrastinate on the same PostgreSQL server.

Limit: at least 1.2 times. Its settings are the ones its documentation gives for asynchronous tasks:
a coroutine, so that concurrency is real, written through the connector's own pool; concurrency 8
in each process with a pool of 10 connections; LISTEN/NOTIFY on; jobs deferred
in batches beforehand; its log at WARNING. dsar has eight threads in each process, too.
"""

from tests.benchmarks._peers import compare

PROGRAM = """
import asyncio, os, sys
from procrastinate import App, PsycopgConnector

app = App(connector=PsycopgConnector(conninfo=os.environ["DATABASE"], min_size=10, max_size=10))

@app.task(queue="work")
async def write_row(name):
    await app.connector.execute_query_async(
        "insert into effect_of_work (name) values (%(name)s)", name=name)

async def fill(number):
    async with app.open_async():
        await app.schema_manager.apply_schema_async()
        await write_row.batch_defer_async(*({"name": str(n)} for n in range(number)))

async def work():
    async with app.open_async():
        await app.run_worker_async(
            queues=["work"], concurrency=8, install_signal_handlers=False, delete_jobs="never")

asyncio.run(fill(int(sys.argv[2])) if sys.argv[1] == "fill" else work())
"""

if __name__ == "__main__":
    packages = ("procrastinate", "psycopg[binary,pool]")
    compare("procrastinate", packages, PROGRAM, limit=1.2)
