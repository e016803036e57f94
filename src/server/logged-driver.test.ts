/**
 * A driver's debug lines: what they say, what they leave out, and that they cost nothing when
 * nobody reads them.
 */
import { pino } from 'pino'
import { expect, test } from 'vitest'
import { type AttemptSpec, type Driver, DriverUnavailable } from '../drivers/driver.ts'
import { logged } from './logged-driver.ts'

const spec = { name: 'a-1', jobId: 'a', environment: [{ name: 'TOKEN', value: 's3cret' }] } as unknown as AttemptSpec

class Answering {
  readonly kind = 'answering'
  readonly isolation = 'none'
  #stops = 0

  async start(_spec: AttemptSpec, _signal?: AbortSignal, onPending?: (why: string) => void) {
    onPending?.('image x is being pulled')
    return { kind: 'started' as const }
  }
  async inspect(names: readonly string[]) {
    return new Map(names.map((name) => [name, { kind: 'running' as const, startedAtMs: 1 }]))
  }
  async stop() {
    if (this.#stops++ > 0) throw new DriverUnavailable('away')
  }
  async remove() {}
  async list() {
    return ['a-1']
  }
}

function make(level: string) {
  const lines: Record<string, unknown>[] = []
  const driver = new Answering() as unknown as Driver
  const log = pino({ level }, { write: (line) => lines.push(JSON.parse(line)) })
  return { driver, lines, it: logged(driver, 'big', log) }
}

test('each call and each new answer is a line with the attempt, and holds no secret', async () => {
  const { it, lines } = make('debug')
  const pending: string[] = []
  expect(await it.start(spec, undefined, (why) => pending.push(why))).toEqual({ kind: 'started' })
  await it.inspect(['a-1'])
  await it.inspect(['a-1'])
  await it.stop('a-1', 30)
  await expect(it.stop('a-1', 30)).rejects.toThrow('away')
  await it.remove('a-1')
  expect(pending).toEqual(['image x is being pulled'])
  expect(lines).toMatchObject([
    { driver: 'big', attempt: 'a-1', jobId: 'a', why: 'image x is being pulled', msg: 'the start is pending' },
    { driver: 'big', attempt: 'a-1', jobId: 'a', outcome: { kind: 'started' }, ms: expect.any(Number), msg: 'start' },
    { attempt: 'a-1', observation: { kind: 'running' }, msg: 'the engine says of an attempt' },
    { attempt: 'a-1', graceSeconds: 30, msg: 'stop' },
    { attempt: 'a-1', err: { message: 'away' }, msg: 'stop failed' },
    { attempt: 'a-1', msg: 'remove' },
  ])
  expect(JSON.stringify(lines)).not.toContain('s3cret')
})

test('the driver’s capabilities stay the same', async () => {
  const { it } = make('debug')
  expect([it.kind, it.isolation, it.placement, await it.list()]).toEqual(['answering', 'none', undefined, ['a-1']])
})

test('at level info it is the driver itself', () => {
  const { driver, it } = make('info')
  expect(it).toBe(driver)
})
