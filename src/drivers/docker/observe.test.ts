import { expect, it } from 'vitest'
import type { ContainerState, Containers } from './containers.ts'
import { Observer, observationOf } from './observe.ts'

const never = '0001-01-01T00:00:00Z'

function container(state: Partial<ContainerState['State']>): ContainerState {
  const State = { Status: 'exited', Running: false, ExitCode: 0, StartedAt: never, FinishedAt: never, ...state }
  const fixed = { Id: 'id', Created: '2026-11-22T11:59:59Z', Image: 'sha256:1', Config: { Labels: {} } }
  return { ...fixed, HostConfig: { NetworkMode: 'container:holder' }, State }
}

const clock = { toOurs: (ms: number) => ms }

const noAddress = async () => {
  throw new Error('asked for the address of what has none')
}

const [began, ended] = ['2026-11-22T12:00:00.5Z', '2026-11-22T12:00:01.25Z']
const beganMs = Date.UTC(2026, 10, 22, 12, 0, 0, 500)

it('reports a container’s state', () => {
  expect(observationOf(undefined, false, clock)).toEqual({ kind: 'absent' })
  expect(observationOf(undefined, true, clock)).toEqual({ kind: 'starting' })
  expect(observationOf(container({ Status: 'created' }), false, clock)).toEqual({ kind: 'starting' })
  const running = container({ Status: 'running', Running: true, StartedAt: began })
  expect(observationOf(running, true, clock)).toEqual({ kind: 'running', startedAtMs: beganMs })
  const exited = { ExitCode: 3, StartedAt: began, FinishedAt: ended }
  expect(observationOf(container(exited), false, clock)).toEqual({
    ...{ kind: 'exited', exitCode: 3, outOfMemory: false, startedAtMs: beganMs, stoppedAtMs: beganMs + 750 },
  })
})

it('an end is never before its beginning', () => {
  const exited = container({ StartedAt: ended, FinishedAt: began })
  expect(observationOf(exited, false, clock)).toMatchObject({ startedAtMs: beganMs + 750, stoppedAtMs: beganMs + 750 })
})

it('reports out of memory only when the attempt failed for it', () => {
  const oom = { OOMKilled: true, StartedAt: began, FinishedAt: ended }
  expect(observationOf(container({ ...oom, ExitCode: 137 }), false, clock)).toMatchObject({ outOfMemory: true })
  expect(observationOf(container({ ...oom, ExitCode: 0 }), false, clock)).toMatchObject({ outOfMemory: false })
})

it('looks up, once, the out-of-memory report that Docker lost', async () => {
  const fresh = { ExitCode: 137, StartedAt: began, FinishedAt: new Date().toISOString() }
  const asked: number[] = []
  const containers = {
    look: async () => container(fresh),
    engineStartedMs: async () => undefined,
    reportedOutOfMemory: async (_: string, sinceMs: number) => asked.push(sinceMs) === 1,
  } as unknown as Containers
  const observer = new Observer(containers, clock, noAddress)
  for (let times = 0; times < 2; times++) {
    const seen = await observer.observe(['a'], () => false)
    expect(seen.get('a')).toMatchObject({ exitCode: 137, outOfMemory: true })
  }
  expect(asked).toEqual([Date.parse('2026-11-22T11:59:59Z')])
})

it('uses one list call for many names, and inspects only those it does not know yet', async () => {
  const looked: string[] = []
  const states: Record<string, ContainerState> = {
    runs: container({ Status: 'running', Running: true, StartedAt: began }),
    ended: container({ StartedAt: began, FinishedAt: ended }),
  }
  const containers = {
    look: async (name: string) => {
      looked.push(name)
      return states[name]
    },
    list: async () => [
      ...Object.entries(states).map(([attempt, { Id, State }]) => ({
        attempt,
        id: Id,
        status: State.Status,
      })),
      { attempt: 'made', id: 'other', status: 'created' },
    ],
  } as unknown as Containers
  const observer = new Observer(containers, clock, noAddress)
  const names = ['runs', 'ended', 'made', ...Array.from({ length: 20 }, (_, index) => `absent-${index}`)]
  const first = await observer.observe(names, (name) => name === 'absent-0')
  expect([...first].slice(0, 5).map(([, { kind }]) => kind)).toEqual([
    'running',
    'exited',
    'starting',
    'starting',
    'absent',
  ])
  expect(looked).toEqual(['runs', 'ended'])
  await observer.observe(names, () => false)
  expect(looked).toEqual(['runs', 'ended', 'ended'])
})

it('looks up a group’s address once, as soon as it exists', async () => {
  const runs = container({ Status: 'running', Running: true, StartedAt: began })
  const node = { ...runs, Config: { Labels: { 'openbatch.own-address': 'true' } } }
  const containers = { look: async () => node } as unknown as Containers
  const answers = [undefined, '10.0.0.2', '10.0.0.9']
  const observer = new Observer(containers, clock, async (networkMode) => {
    expect(networkMode).toBe('container:holder')
    return answers.shift()
  })
  const seen = []
  for (let times = 0; times < 3; times++) seen.push((await observer.observe(['a'], () => false)).get('a'))
  const running = { kind: 'running', startedAtMs: beganMs }
  expect(seen).toEqual([running, { ...running, address: '10.0.0.2' }, { ...running, address: '10.0.0.2' }])
})

it('a noted end answers the next inspection', async () => {
  const containers = { look: async () => undefined } as unknown as Containers
  const observer = new Observer(containers, clock, noAddress)
  observer.noteEnd('a', container({ ExitCode: 4, StartedAt: began, FinishedAt: ended }))
  expect((await observer.observe(['a'], () => false)).get('a')).toMatchObject({ kind: 'exited', exitCode: 4 })
  observer.forget('a')
  expect((await observer.observe(['a'], () => false)).get('a')).toEqual({ kind: 'absent' })
})

it('converts the times of an engine whose clock differs', () => {
  const behind = { toOurs: (ms: number) => ms + 1000 }
  const exited = container({ ExitCode: 3, StartedAt: began, FinishedAt: ended })
  expect(observationOf(exited, false, behind)).toMatchObject({
    startedAtMs: beganMs + 1000,
    stoppedAtMs: beganMs + 1750,
  })
  const running = container({ Status: 'running', Running: true, StartedAt: began })
  expect(observationOf(running, false, behind)).toMatchObject({ startedAtMs: beganMs + 1000 })
})

const endMs = beganMs + 750
// How the attempt ended, when the engine was started, and whether the attempt went down with the
// previous engine.
const restarts: [State: Partial<ContainerState['State']>, engineStartedMs: number | undefined, isLost: boolean][] = [
  [{ ExitCode: 255 }, endMs + 400, true],
  [{ ExitCode: 137 }, endMs + 60_000, true],
  [{ ExitCode: 143 }, endMs + 60_000, true],
  // Ended by the program itself, by lack of memory, after the engine was started, or long before
  // that.
  [{ ExitCode: 9 }, endMs + 400, false],
  [{ ExitCode: 0 }, endMs + 400, false],
  [{ ExitCode: 137, OOMKilled: true }, endMs + 400, false],
  [{ ExitCode: 255 }, beganMs - 60_000, false],
  [{ ExitCode: 255 }, endMs - 1, false],
  [{ ExitCode: 143 }, endMs + 3_600_000, false],
  [{ ExitCode: 255 }, undefined, false],
]
it.each(restarts)(
  'an end as %j, with an engine started at %s, was lost with it: %s',
  async (State, started, isLost) => {
    const state = container({ StartedAt: began, FinishedAt: ended, ...State })
    const containers = {
      look: async () => state,
      reportedOutOfMemory: async () => false,
      engineStartedMs: async () => started,
    } as unknown as Containers
    const observer = new Observer(containers, clock, noAddress)
    observer.noteEnd('a', state)
    const seen = (await observer.observe(['a'], () => false)).get('a')
    expect(seen).toMatchObject(
      isLost
        ? { kind: 'lost', startedAtMs: beganMs, stoppedAtMs: endMs }
        : { kind: 'exited', exitCode: State.ExitCode, startedAtMs: beganMs, stoppedAtMs: endMs },
    )
    if (isLost) expect(seen).not.toHaveProperty('exitCode')
  },
)
