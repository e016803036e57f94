/**
 * The plan of a task: a table of what happens when, and properties of every task whatever its
 * containers do.
 */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { AttemptOutcome } from '../../core/job/attempt.ts'
import type { ContainerState, EndedContainer } from './container-state.ts'
import { nextStep, outcomeOf, type PlannedContainer } from './node-plan.ts'

type Condition = 'START' | 'COMPLETE' | 'SUCCESS'

/**
 * `'app <START db'`: an essential container of ECS; `'(db)'`: one that is not essential; `'[app]'`:
 * a container of a pod; `'[+init]'`: a pod's init container.
 */
function taskOf(...texts: string[]): PlannedContainer[] {
  return texts.map((text) => {
    const [head = '', ...dependencies] = text.split(' <')
    return {
      name: head.replace(/[()[\]+]/g, ''),
      endsTask: head.startsWith('[+') ? 'onFailure' : /^[([]/.test(head) ? 'never' : 'always',
      mustSucceed: !head.startsWith('('),
      dependsOn: dependencies.map((it) => {
        const [condition, containerName = ''] = it.split(' ')
        return { condition: condition as Condition, containerName }
      }),
    }
  })
}

const waiting: ContainerState = { kind: 'waiting' }
const starting: ContainerState = { kind: 'starting' }
const running = (startedAtMs = 10): ContainerState => ({ kind: 'running', startedAtMs, sinceMs: startedAtMs })
const ended = (outcome: AttemptOutcome, stoppedAtMs: number, more: Partial<EndedContainer> = {}): EndedContainer => ({
  kind: 'ended',
  outcome,
  stoppedAtMs,
  onItsOwn: true,
  stored: true,
  ...(outcome.kind === 'failedToStart' ? {} : { startedAtMs: 10 }),
  ...more,
})
const exit = (exitCode: number, stoppedAtMs = 20): AttemptOutcome => ({
  kind: 'exited',
  exitCode,
  outOfMemory: false,
  startedAtMs: 10,
  stoppedAtMs,
})
const exited = (exitCode: number, stoppedAtMs = 20, more: Partial<EndedContainer> = {}) =>
  ended(exit(exitCode, stoppedAtMs), stoppedAtMs, more)
const unstartable = ended({ kind: 'failedToStart', reason: 'CannotPullContainerError: none' }, 20)
const lost = ended({ kind: 'lost' }, 20)
const idle = { start: [], giveUp: [], waiting: [], stop: [], over: false }
const step = (task: PlannedContainer[], states: ContainerState[], nowMs = 100, stopping = false) =>
  nextStep(task, states, nowMs, stopping)

describe('what starts', () => {
  const chain = taskOf('(db)', '(migrate) <START db', 'app <SUCCESS migrate <START db')
  test.each<[string, PlannedContainer[], ContainerState[], number[]]>([
    ['all that depend on nothing, at once', taskOf('a', 'b'), [waiting, waiting], [0, 1]],
    ['what depends on others comes later', chain, [waiting, waiting, waiting], [0]],
    ['a container that is starting has not begun', chain, [starting, waiting, waiting], []],
    ['START: it has begun', chain, [running(), waiting, waiting], [1]],
    ['START: also if it ended since', chain, [exited(1), waiting, waiting], [1]],
    ['all dependencies must hold', chain, [running(), running(), waiting], []],
    ['SUCCESS: it ended with 0', chain, [running(), exited(0), waiting], [2]],
    ['COMPLETE: whatever it ended with', taskOf('(a)', 'b <COMPLETE a'), [exited(3), waiting], [1]],
    ['COMPLETE: also if nobody knows how it ended', taskOf('(a)', 'b <COMPLETE a'), [lost, waiting], [1]],
    [
      'an end counts before its last line is stored',
      taskOf('(a)', 'b <SUCCESS a'),
      [exited(0, 20, { stored: false }), waiting],
      [1],
    ],
  ])('%s', (_what, task, states, start) => {
    expect(step(task, states)).toMatchObject({ ...idle, start, waiting: expect.any(Array) })
  })
})

describe('a container that can never start fails to start', () => {
  const reason = (name: string, why: string) =>
    `CannotStartContainerError: dependency of container ${name} cannot be resolved: ${why}`
  test.each<[string, PlannedContainer[], ContainerState[], [number, string, string][]]>([
    [
      'SUCCESS of one that failed',
      taskOf('(a)', 'b <SUCCESS a'),
      [exited(1), waiting],
      [[1, 'b', 'container a, on which it depends, did not exit successfully']],
    ],
    [
      'SUCCESS of one whose code nobody knows',
      taskOf('(a)', 'b <SUCCESS a'),
      [lost, waiting],
      [[1, 'b', 'container a, on which it depends, did not exit successfully']],
    ],
    [
      'START of one that did not start',
      taskOf('(a)', 'b <START a'),
      [unstartable, waiting],
      [[1, 'b', 'container a, on which it depends, did not start']],
    ],
    [
      'COMPLETE of one that did not start',
      taskOf('(a)', 'b <COMPLETE a'),
      [unstartable, waiting],
      [[1, 'b', 'container a, on which it depends, did not start']],
    ],
    [
      'a circle, and what waits for it',
      taskOf('a <START b', 'b <START a', 'c <START b'),
      [waiting, waiting, waiting],
      ['a', 'b', 'c'].map((name, index) => [index, name, 'its dependencies go round in circles']),
    ],
  ])('%s', (_what, task, states, givenUp) => {
    const giveUp = givenUp.map(([index, name, why]) => ({ index, reason: reason(name, why) }))
    expect(step(task, states)).toEqual({ ...idle, giveUp })
  })

  test('a container may wait longer than the start timeout of what it waits for', () => {
    const [a, b] = taskOf('(a)', 'b <COMPLETE a')
    const task = [{ ...a!, startTimeoutSeconds: 2 }, b!]
    const waits = { waiting: [{ index: 1, why: 'container b waits until container a has ended' }] }
    expect(step(task, [running(1000), waiting], 2999)).toEqual({ ...idle, ...waits, wakeAtMs: 3000 })
    expect(step(task, [running(1000), waiting], 3000)).toEqual({
      ...idle,
      giveUp: [{ index: 1, reason: reason('b', 'container a, on which it depends, has timed out') }],
    })
    expect(step(task, [starting, waiting], 9999), 'it counts from the start').toEqual({ ...idle, ...waits })
  })
})

describe('the end', () => {
  const two = taskOf('a', 'b', '(c)')
  test.each<[string, PlannedContainer[], ContainerState[], Partial<ReturnType<typeof nextStep>>]>([
    ['of one that is not essential changes nothing', two, [running(), running(), exited(1)], { stop: [], over: false }],
    ['not even if it did not start', two, [running(), running(), unstartable], { stop: [], over: false }],
    ['of an essential one stops all others', two, [running(), exited(0), running()], { decidedBy: 1, stop: [0, 2] }],
    ['also those that are starting', two, [starting, exited(0), waiting], { decidedBy: 1, stop: [0], start: [] }],
    ['one that did not start', two, [unstartable, running(), waiting], { decidedBy: 0, stop: [1], start: [] }],
    ['a lost one', two, [lost, running(), running()], { decidedBy: 0, stop: [1, 2] }],
    ['of two, the first', two, [exited(1, 21), exited(0, 20), running()], { decidedBy: 1, stop: [2] }],
    [
      'one that was stopped does not count',
      two,
      [exited(143, 19, { onItsOwn: false }), exited(0), running()],
      { decidedBy: 1 },
    ],
    [
      'is over when nothing runs',
      two,
      [exited(0), exited(143, 30, { onItsOwn: false }), waiting],
      { decidedBy: 0, over: true },
    ],
    ['and all is stored', two, [exited(0, 20, { stored: false }), waiting, waiting], { decidedBy: 0, over: false }],
  ])('%s', (_what, task, states, expected) => {
    expect(step(task, states)).toMatchObject(expected)
  })

  test('a container is stopped after the ones that depend on it', () => {
    const task = taskOf('app <START db', '(db) <START net', '(net)', '(side)')
    expect(step(task, [exited(0), running(), running(), running()]).stop).toEqual([1, 3])
    expect(step(task, [exited(0), exited(143), running(), running()]).stop).toEqual([2, 3])
    expect(step(task, [running(), running(), running(), running()], 100, true).stop).toEqual([0, 3])
  })

  test('of a pod: when all have ended, as the first failure or the last end', () => {
    const pod = taskOf('[a]', '[b]')
    expect(step(pod, [exited(1), running()])).toMatchObject({ stop: [], over: false })
    expect(step(pod, [exited(1, 20), exited(2, 30)])).toMatchObject({ decidedBy: 0, over: true })
    expect(step(pod, [exited(0, 20), exited(2, 30)])).toMatchObject({ decidedBy: 1, over: true })
    expect(step(pod, [exited(0, 30), exited(0, 20)])).toMatchObject({ decidedBy: 0, over: true })
  })

  test('of a pod whose init container failed: at once, and its other containers never start', () => {
    const pod = taskOf('[+init]', '[+more] <SUCCESS init', '[a] <SUCCESS more')
    expect(step(pod, [exited(0), exited(3), waiting])).toMatchObject({
      decidedBy: 1,
      start: [],
      giveUp: [],
      over: true,
    })
    expect(step(pod, [exited(0), exited(0), waiting])).toEqual({ ...idle, start: [2] })
  })

  test('of a task that is stopped from outside', () => {
    expect(step(two, [waiting, starting, running()], 100, true)).toEqual({ ...idle, stop: [1, 2] })
    expect(step(two, [waiting, waiting, waiting], 100, true)).toEqual({ ...idle, over: true })
    const ends = [exited(143, 40, { onItsOwn: false }), exited(137, 30, { onItsOwn: false }), exited(0, 20)]
    expect(outcomeOf(two, ends, 100)).toEqual(exit(137, 30))
    expect(outcomeOf(two, [waiting, waiting, exited(0)], 100)).toEqual({
      kind: 'exited',
      outOfMemory: false,
      stoppedAtMs: 100,
    })
  })
})

test('a task runs when the last of its essential containers began', () => {
  const task = taskOf('a', 'b', '(c)')
  expect(step(task, [running(10), starting, running(30)])).toMatchObject({ begunAtMs: undefined })
  expect(step(task, [running(10), running(20), waiting])).toMatchObject({ begunAtMs: 20 })
  expect(step(task, [running(10), exited(0, 25, { startedAtMs: 12 }), waiting])).toMatchObject({ begunAtMs: 12 })
  expect(step(taskOf('[a]', '[b]'), [running(10), running(30)])).toMatchObject({ begunAtMs: 30 })
})

interface Fate {
  readonly startMs: number
  /** Undefined: the container runs until it is stopped. */
  readonly runMs: number | undefined
  readonly exitCode: number
  readonly ends: 'exited' | 'failedToStart' | 'lost'
  readonly termMs: number
}

const fates = fc.record<Fate>({
  startMs: fc.integer({ min: 0, max: 3000 }),
  runMs: fc.option(fc.integer({ min: 0, max: 5000 }), { nil: undefined }),
  exitCode: fc.constantFrom(0, 0, 1),
  ends: fc.constantFrom('exited', 'exited', 'exited', 'failedToStart', 'lost'),
  termMs: fc.integer({ min: 0, max: 3000 }),
})

const tasks = fc.integer({ min: 1, max: 6 }).chain((size) =>
  fc.tuple(
    fc.array(
      fc.record({
        endsTask: fc.constantFrom('always', 'onFailure', 'never'),
        mustSucceed: fc.boolean(),
        dependsOn: fc.array(
          fc.record({
            containerName: fc.integer({ min: 0, max: size - 1 }).map((index) => `c${index}`),
            condition: fc.constantFrom<Condition>('START', 'COMPLETE', 'SUCCESS'),
          }),
          { maxLength: 2 },
        ),
        startTimeoutSeconds: fc.constantFrom(1, 4),
      }),
      { minLength: size, maxLength: size },
    ),
    fc.array(fates, { minLength: size, maxLength: size }),
    fc.option(fc.integer({ min: 0, max: 9000 }), { nil: undefined }),
  ),
)

/** Whether the dependency holds, written independently of the plan. */
function dependencyHolds(state: ContainerState, condition: Condition): boolean {
  const began = state.kind === 'running' || (state.kind === 'ended' && state.startedAtMs !== undefined)
  if (condition === 'START') return began
  if (condition === 'COMPLETE') return began && state.kind === 'ended'
  return state.kind === 'ended' && state.outcome.kind === 'exited' && state.outcome.exitCode === 0
}

test('every task ends, starts nothing twice or too early, and decides its end once', () => {
  fc.assert(
    fc.property(tasks, ([parts, lives, stopAtMs]) => {
      const task = parts.map((part, index) => ({ name: `c${index}`, ...part }))
      const states: ContainerState[] = task.map(() => waiting)
      /** When each container next changes, and into what. */
      const due = new Map<number, { atMs: number; next: () => ContainerState }>()
      const started = new Set<number>()
      const stopped = new Set<number>()
      let now = 0
      let decided: number | undefined
      const isStopping = () => stopAtMs !== undefined && now >= stopAtMs
      const end = (index: number, outcome: AttemptOutcome) => (): ContainerState => {
        const state = states[index]!
        return {
          kind: 'ended',
          outcome,
          stoppedAtMs: now,
          onItsOwn: decided === undefined && !isStopping(),
          stored: true,
          ...(state.kind === 'running' ? { startedAtMs: state.startedAtMs } : {}),
        }
      }
      for (let turns = 0; ; turns++) {
        expect(turns, 'it comes to an end').toBeLessThan(200)
        const next = nextStep(task, states, now, isStopping())
        if (decided !== undefined) expect(next.decidedBy).toBe(decided)
        decided = next.decidedBy
        if (next.over) {
          expect(due.size).toBe(0)
          break
        }
        for (const { index, reason } of next.giveUp) {
          expect(states[index]).toBe(waiting)
          states[index] = end(index, { kind: 'failedToStart', reason })()
        }
        if (next.giveUp.length > 0) continue
        for (const index of next.start) {
          expect(started.has(index), 'nothing is started twice').toBe(false)
          expect(decided, 'nothing starts once the end is decided').toBe(undefined)
          for (const { containerName, condition } of task[index]!.dependsOn)
            expect(dependencyHolds(states[Number(containerName.slice(1))]!, condition), 'not too early').toBe(true)
          started.add(index)
          states[index] = starting
          const fate = lives[index]!
          const begin = (): ContainerState => {
            if (fate.ends === 'failedToStart') return end(index, { kind: 'failedToStart', reason: 'r' })()
            if (fate.runMs !== undefined) {
              const outcome: AttemptOutcome = fate.ends === 'lost' ? { kind: 'lost' } : exit(fate.exitCode)
              due.set(index, { atMs: now + fate.runMs, next: end(index, outcome) })
            }
            return running(now)
          }
          due.set(index, { atMs: now + fate.startMs, next: begin })
        }
        for (const index of next.stop) {
          if (stopped.has(index)) continue
          stopped.add(index)
          const killAtMs = now + lives[index]!.termMs
          if ((due.get(index)?.atMs ?? Number.POSITIVE_INFINITY) <= killAtMs && states[index]!.kind === 'running')
            continue
          due.set(index, { atMs: killAtMs, next: end(index, exit(143)) })
        }
        const times = [...due.values()].map(({ atMs }) => atMs)
        if (next.wakeAtMs !== undefined) times.push(next.wakeAtMs)
        if (stopAtMs !== undefined && now < stopAtMs) times.push(stopAtMs)
        // Nothing more will happen: whatever lives runs until it is stopped.
        if (times.length === 0) {
          expect(decided, 'an end that is decided comes').toBe(undefined)
          expect(states.some(({ kind }) => kind === 'running')).toBe(true)
          break
        }
        now = Math.max(now, Math.min(...times))
        const happening = [...due].find(([, { atMs }]) => atMs <= now)
        if (!happening) continue
        due.delete(happening[0])
        states[happening[0]] = happening[1].next()
      }
    }),
    { numRuns: 2000 },
  )
})
