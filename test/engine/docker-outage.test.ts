import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import {
  attempt,
  type DockerSetting,
  dockerSetting,
  entriesOf,
  finish,
  runAttempt,
  untilPrinted,
} from './docker-setting.ts'
import { startEngine, type TestEngine } from './engine.ts'

/**
 * The daemon dies and comes back. Without live-restore Docker kills the running containers it
 * finds; the driver reports that, and only then.
 */
let engine: TestEngine
let setting: DockerSetting

beforeEach(async () => {
  engine = await startEngine()
  setting = await dockerSetting(engine.socketPath)
})
afterEach(async () => {
  // The engine may be away. Its own end removes everything.
  await setting?.dispose().catch(() => {})
  await engine?.stop()
})

describe('without live-restore', () => {
  it('unknown while the daemon is away, then the truth: what ended by itself, and what Docker killed', async () => {
    const driver = setting.driver()
    const before = await runAttempt(driver, attempt('ended', 'echo done; exit 5'))
    await driver.start(attempt('runs', 'trap "exit 9" TERM; echo up; while true; do sleep 0.1; done'))
    await untilPrinted(driver, 'runs', 'up')
    await engine.kill9()
    for (const observation of (await driver.inspect(['ended', 'runs', 'never'])).values()) {
      expect(observation.kind).toBe('unknown')
    }
    await engine.resume()
    const { lines, end: killed } = await finish(driver, 'runs')
    expect(lines).toEqual(['up'])
    expect(killed).toMatchObject({ kind: 'exited', exitCode: 9, outOfMemory: false })
    expect(await driver.start(attempt('runs', 'echo again'))).toEqual({ kind: 'started' })
    expect(await entriesOf(driver, 'runs')).toHaveLength(1)
    expect(await finish(driver, 'ended')).toEqual(before)
    expect((await driver.inspect(['never'])).get('never')).toEqual({ kind: 'absent' })
    // The jobs' network came back with the daemon.
    expect((await runAttempt(driver, attempt('after', 'echo here'))).lines).toEqual(['here'])
  })

  it('an orderly restart reaches readers as an error, and the output continues from their cursor', async () => {
    const driver = setting.driver()
    await driver.start(attempt('restart', 'trap "echo bye; exit 3" TERM; echo one; while true; do sleep 0.1; done'))
    await untilPrinted(driver, 'restart', 'one')
    const [first] = await Promise.all([entriesOf(driver, 'restart').catch(() => undefined), engine.restart()])
    const all = await entriesOf(driver, 'restart')
    expect(all.map((entry) => entry.message)).toEqual(['one', 'bye'])
    if (first !== undefined) expect(first).toEqual(all)
    expect(await finish(driver, 'restart')).toMatchObject({ end: { kind: 'exited', exitCode: 3 } })
  })
})
