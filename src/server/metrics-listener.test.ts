/** The listener that serves only metrics. */
import { pino } from 'pino'
import { afterEach, expect, test } from 'vitest'
import { ConnectionRoom } from '../ground/connection-room.ts'
import { MetricsListener, type MetricsListenerOptions } from './metrics-listener.ts'

const opened: MetricsListener[] = []
afterEach(async () => {
  for (const listener of opened.splice(0)) await listener.close()
})

async function open(more: Partial<MetricsListenerOptions> = {}): Promise<string> {
  const listener = new MetricsListener({
    ...{ host: '127.0.0.1', port: 0, token: undefined },
    metrics: { contentType: 'text/plain; version=0.0.4', read: async () => 'jobs 1\n' },
    connections: new ConnectionRoom(10),
    log: pino({ level: 'silent' }),
    ...more,
  })
  opened.push(listener)
  return listener.open()
}

test('serves metrics to whoever reaches it, and nothing else', async () => {
  const url = await open()
  const answer = await fetch(`${url}?name=x`)
  expect([answer.status, answer.headers.get('content-type'), await answer.text()]).toEqual([
    ...[200, 'text/plain; version=0.0.4', 'jobs 1\n'],
  ])
  expect((await fetch(url, { method: 'HEAD' })).status).toBe(200)
  expect((await fetch(url, { method: 'POST', body: 'x' })).status).toBe(405)
  for (const path of ['/', '/v1/describejobs', '/api/instances', '/healthz', '/metrics/x'])
    expect((await fetch(new URL(path, url))).status, path).toBe(404)
})

test('with a token serves metrics to those who have it', async () => {
  const url = await open({ token: { accepts: (header) => header === 'Bearer right' } })
  const status = async (authorization?: string) =>
    (await fetch(url, authorization === undefined ? {} : { headers: { authorization } })).status
  expect([await status('Bearer right'), await status('Bearer wrong'), await status()]).toEqual([200, 401, 401])
  expect((await fetch(url)).headers.get('www-authenticate')).toBe('Bearer')
})

test('a token file that cannot be read is an error with its cause in the log', async () => {
  const logged: { msg: string; err: { message: string } }[] = []
  const log = pino({ base: undefined }, { write: (line) => logged.push(JSON.parse(line)) })
  const url = await open({ log, metrics: { contentType: 'x', read: () => Promise.reject(new Error('no figures')) } })
  const answer = await fetch(url)
  expect([answer.status, await answer.text()]).toEqual([500, expect.not.stringContaining('no figures')])
  expect(logged).toMatchObject([{ msg: 'the metrics could not be read', err: { message: 'no figures' } }])
})

test('an address that is taken is refused with a message', async () => {
  const url = new URL(await open())
  await expect(open({ port: Number(url.port) })).rejects.toMatchObject({ code: 'EADDRINUSE', syscall: 'listen' })
})
