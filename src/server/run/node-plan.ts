/**
 * Decides what to do next for the containers of a node, from what is known of each. Pure: the same
 * knowledge, gathered again after a restart, gives the same answer. It follows the ECS agent:
 * https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_ContainerDefinition.html and
 * https://docs.aws.amazon.com/batch/latest/APIReference/API_TaskContainerProperties.html
 * (dependsOn, essential, startTimeout). Where pods differ, it follows Kubernetes:
 * https://kubernetes.io/docs/concepts/workloads/pods/pod-lifecycle/
 */
import type { AttemptOutcome } from '../../core/job/attempt.ts'
import type { ContainerDependency, TaskContainer } from '../../core/workload/task-container.ts'
import type { TimeMs } from '../../model/time.ts'
import type { ContainerState, EndedContainer } from './container-state.ts'

export type PlannedContainer = Pick<
  TaskContainer,
  'name' | 'endsTask' | 'mustSucceed' | 'dependsOn' | 'startTimeoutSeconds'
>

export interface NodeStep {
  /** The container whose end decided the end of the task. */
  readonly decidedBy: number | undefined
  /** When the last container that must run had begun, and so the task ran. Absent before that. */
  readonly begunAtMs: TimeMs | undefined
  readonly start: readonly number[]
  /** Containers that can no longer start. They fail to start for this reason. */
  readonly giveUp: readonly { readonly index: number; readonly reason: string }[]
  /** Containers that wait for others, and what the first of their unmet dependencies waits for. */
  readonly waiting: readonly { readonly index: number; readonly why: string }[]
  /** Containers to stop now. Others wait until the containers that depend on them have ended. */
  readonly stop: readonly number[]
  /** When to plan again although nothing happened. */
  readonly wakeAtMs?: TimeMs
  /** Nothing runs or will run, and all output is stored. */
  readonly over: boolean
}

const none: readonly never[] = []

/**
 * `nowMs`, `sinceMs` and `wakeAtMs` are by a clock that nobody can set. `stopping`: the attempt is
 * being stopped from outside.
 */
export function nextStep(
  task: readonly PlannedContainer[],
  states: readonly ContainerState[],
  nowMs: number,
  stopping: boolean,
): NodeStep {
  const decidedBy = decider(task, states)
  const begunAtMs = whenAllBegan(task, states)
  const idle = { decidedBy, begunAtMs, start: none, giveUp: none, waiting: none, stop: none }
  if (stopping || decidedBy !== undefined) {
    if (states.every((state) => state.kind === 'waiting' || isStored(state))) return { ...idle, over: true }
    return { ...idle, stop: stoppable(task, states), over: false }
  }
  if (!states.some(({ kind }) => kind === 'waiting')) return { ...idle, over: states.every(isStored) }
  const start: number[] = []
  const giveUp: { index: number; reason: string }[] = []
  const waiting: { index: number; why: string }[] = []
  let wakeAtMs: TimeMs | undefined
  const hopeless = inCircles(task, states)
  for (const [index, state] of states.entries()) {
    if (state.kind !== 'waiting') continue
    const { name, dependsOn } = task[index]!
    const verdicts = dependsOn.map((dependency) => look(task, states, dependency, nowMs))
    const never = verdicts.find((verdict) => verdict.kind === 'never')
    if (never) giveUp.push({ index, reason: cannotStart(name, never.why) })
    else if (hopeless.has(index))
      giveUp.push({ index, reason: cannotStart(name, 'its dependencies go round in circles') })
    else {
      const notYet = verdicts.find((verdict) => verdict.kind === 'notYet')
      if (notYet) waiting.push({ index, why: `container ${name} waits until container ${notYet.until}` })
      else start.push(index)
    }
    for (const verdict of verdicts)
      if (verdict.kind === 'notYet' && verdict.untilMs !== undefined)
        wakeAtMs = Math.min(verdict.untilMs, wakeAtMs ?? Number.POSITIVE_INFINITY)
  }
  const wake = wakeAtMs === undefined ? {} : { wakeAtMs }
  return { ...idle, ...wake, start, giveUp, waiting, over: false }
}

/**
 * Returns how the task ended, when it is over. A task that was stopped before anything decided it
 * ends as the first of its main containers that was stopped. A task of one container has that
 * container's end, even if it was stopped before it ran.
 */
export function outcomeOf(
  task: readonly PlannedContainer[],
  states: readonly ContainerState[],
  nowMs: TimeMs,
): AttemptOutcome {
  const index =
    decider(task, states) ??
    first(states, (state, at) => task[at]!.mustSucceed && !state.onItsOwn && state.startedAtMs !== undefined) ??
    (states.length === 1 ? 0 : undefined)
  const state = index === undefined ? undefined : states[index]
  return state?.kind === 'ended' ? state.outcome : { kind: 'exited', outOfMemory: false, stoppedAtMs: nowMs }
}

function isStored(state: ContainerState): boolean {
  return state.kind === 'ended' && state.stored
}

/**
 * Returns the first container whose own end ends the task. If all have ended and none ended the
 * task, returns the first that failed, or the last.
 */
function decider(task: readonly PlannedContainer[], states: readonly ContainerState[]): number | undefined {
  const ender = first(states, (state, index) => {
    const { endsTask } = task[index]!
    return state.onItsOwn && (endsTask === 'always' || (endsTask === 'onFailure' && !hasSucceeded(state)))
  })
  if (ender !== undefined || !states.every((state) => state.kind === 'ended' && state.onItsOwn)) return ender
  const failed = first(states, (state, index) => task[index]!.mustSucceed && !hasSucceeded(state))
  if (failed !== undefined) return failed
  const last = Math.max(...states.map((state) => (state.kind === 'ended' ? state.stoppedAtMs : 0)))
  return first(states, (state) => state.stoppedAtMs === last)
}

/** Returns the matching container that ended first. */
function first(
  states: readonly ContainerState[],
  matches: (state: EndedContainer, index: number) => boolean,
): number | undefined {
  let found: { index: number; stoppedAtMs: TimeMs } | undefined
  for (const [index, state] of states.entries())
    if (state.kind === 'ended' && matches(state, index) && (!found || state.stoppedAtMs < found.stoppedAtMs))
      found = { index, stoppedAtMs: state.stoppedAtMs }
  return found?.index
}

function whenAllBegan(task: readonly PlannedContainer[], states: readonly ContainerState[]): TimeMs | undefined {
  let atMs: TimeMs | undefined
  for (const [index, state] of states.entries()) {
    if (!task[index]!.mustSucceed) continue
    const startedAtMs = state.kind === 'running' || state.kind === 'ended' ? state.startedAtMs : undefined
    if (startedAtMs === undefined) return undefined
    atMs = Math.max(startedAtMs, atMs ?? 0)
  }
  return atMs
}

/**
 * Containers stop in the reverse of the start order: one that a living container depends on is
 * stopped after it.
 */
function stoppable(task: readonly PlannedContainer[], states: readonly ContainerState[]): number[] {
  const living = [...states.keys()].filter((index) => isLiving(states[index]!))
  if (living.length < 2) return living
  const needed = new Set(living.flatMap((index) => task[index]!.dependsOn.map(({ containerName }) => containerName)))
  const free = living.filter((index) => !needed.has(task[index]!.name))
  return free.length > 0 ? free : living
}

function isLiving({ kind }: ContainerState): boolean {
  return kind === 'starting' || kind === 'running'
}

type Verdict =
  | { readonly kind: 'holds' }
  /** `until` ends a sentence: `a has started`. */
  | { readonly kind: 'notYet'; readonly until: string; readonly untilMs?: TimeMs }
  | { readonly kind: 'never'; readonly why: string }

const holds: Verdict = { kind: 'holds' }

/** START: it has begun. COMPLETE: it ran and ended. SUCCESS: it ended with 0. */
function look(
  task: readonly PlannedContainer[],
  states: readonly ContainerState[],
  { containerName, condition }: ContainerDependency,
  nowMs: number,
): Verdict {
  const index = task.findIndex(({ name }) => name === containerName)
  const state = states[index]
  if (!state) return { kind: 'never', why: `there is no container ${containerName}, on which it depends` }
  if (state.kind === 'ended') {
    if (state.startedAtMs === undefined)
      return { kind: 'never', why: `container ${containerName}, on which it depends, did not start` }
    if (condition !== 'SUCCESS' || hasSucceeded(state)) return holds
    return { kind: 'never', why: `container ${containerName}, on which it depends, did not exit successfully` }
  }
  const done = { START: 'has started', COMPLETE: 'has ended', SUCCESS: 'has succeeded' }[condition]
  const until = `${containerName} ${done}`
  if (state.kind !== 'running') return { kind: 'notYet', until }
  if (condition === 'START') return holds
  // The timeout belongs to the container that is waited for, and counts from its start.
  const { startTimeoutSeconds } = task[index]!
  if (startTimeoutSeconds === undefined) return { kind: 'notYet', until }
  const untilMs = state.sinceMs + startTimeoutSeconds * 1000
  return nowMs < untilMs
    ? { kind: 'notYet', until, untilMs }
    : { kind: 'never', why: `container ${containerName}, on which it depends, has timed out` }
}

function hasSucceeded({ outcome }: EndedContainer): boolean {
  return outcome.kind === 'exited' && outcome.exitCode === 0
}

/** Containers that wait for each other, or for one that does. */
function inCircles(task: readonly PlannedContainer[], states: readonly ContainerState[]): Set<number> {
  const stuck = new Set([...states.keys()].filter((index) => states[index]!.kind === 'waiting'))
  const names = () => new Set([...stuck].map((index) => task[index]!.name))
  for (let before = stuck.size + 1; before > stuck.size; ) {
    before = stuck.size
    const waiting = names()
    for (const index of stuck)
      if (!task[index]!.dependsOn.some(({ containerName }) => waiting.has(containerName))) stuck.delete(index)
  }
  return stuck
}

/** The form of ECS's reasons for a container that its agent gave up. */
function cannotStart(name: string, why: string): string {
  return `CannotStartContainerError: dependency of container ${name} cannot be resolved: ${why}`
}
