// One session of ClickHouse's JavaScript client: node session.cjs PACKAGE URL USER PASSWORD
// Prints one JSON object of what it found; a fault is told by its code.
const [, , folder, url, username, password] = process.argv
const { createClient } = require(folder)

async function session(compressed) {
  const client = createClient({
    url, username, password, database: 'viewer',
    compression: { response: compressed },
    log: { level: 127 },
    clickhouse_settings: {
      max_execution_time: 30, connect_timeout: 5, wait_for_async_insert: 1, async_insert: 0,
      load_balancing: 'random', select_sequential_consistency: '0',
    },
  })
  const json = async (query, query_params) =>
    (await client.query({ query, query_params, format: 'JSONEachRow' })).json()
  const found = { ping: (await client.ping()).success }
  found.rows = await json('SELECT number, toString(number) AS text FROM numbers(2)')
  found.parameter = (await json('SELECT {x:String} AS x', { x: "o'h" }))[0].x
  const large = await client.query({ query: 'SELECT number FROM numbers(200000)', format: 'JSONEachRow' })
  found.streamed = 0
  for await (const rows of large.stream()) found.streamed += rows.length
  found.fault = await json('SELECT nope').catch((fault) => fault.code)
  await client.close()
  return found
}

Promise.all([session(false), session(true)]).then((found) => console.log(JSON.stringify(found)))
