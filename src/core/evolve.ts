/**
 * Turns an event into a change of state, and nothing else: no decision is made here. An event that
 * does not fit throws with the job's story.
 */

import type { AccountResource } from '../model/account-resource.ts'
import { haltChildren, markSpawned, newChildren, nextChild, setChildStatus } from '../model/array-children.ts'
import { type HaltedChildren, isTerminal, type Job, liveAttempt, partKey } from '../model/job.ts'
import { type StopRecord, stopRecordOf } from '../model/stop-record.ts'
import type { Event, JobEvent, PassingEvent, ResourceEvent } from './events.ts'
import { book, noteLeaving } from './state/bookings.ts'
import { childrenOf, parentOf } from './state/children.ts'
import { beginWaiting, endWaiting, noteEnd, releaseChildren } from './state/dependencies.ts'
import { dequeue, enqueue, waitsForPlace } from './state/lines.ts'
import { countBytes, countLive, retag } from './state/live-jobs.ts'
import { offerHosts } from './state/machines.ts'
import { touchShare } from './state/share-use.ts'
import { driverOf, resourcesOfKind, type State, waitingOf } from './state/state.ts'
import { transitions } from './transitions.ts'

/** A bug: the event cannot have followed from the state. The process must not continue with it. */
export class ImpossibleTransition extends Error {
  override readonly name = 'ImpossibleTransition'
  constructor(event: JobEvent, job: Job | undefined) {
    super(`${event.type} does not fit the job it is about.\nevent: ${JSON.stringify(event)}\njob: ${describe(job)}`)
  }
}

export function evolve(state: State, event: Event): void {
  switch (event.type) {
    case 'jobDefinitionChanged':
    case 'jobDefinitionGone':
    case 'jobQueueChanged':
    case 'jobQueueGone':
    case 'computeEnvironmentChanged':
    case 'computeEnvironmentGone':
    case 'resourceChanged':
    case 'resourceGone':
      return evolveResource(state, event)
    case 'driverSeen':
    case 'disksSeen':
    case 'endsUnread':
    case 'jobParked':
    case 'schedulingDone':
    case 'endsFollowed':
    case 'childDependenciesFailed':
    case 'headReserved':
    case 'stuckSeen':
      return evolvePassing(state, event)
    default:
      return evolveJob(state, event)
  }
}

function evolveJob(state: State, event: JobEvent): void {
  if (event.type === 'jobSubmitted') {
    if (state.jobs.has(event.jobId)) throw new ImpossibleTransition(event, state.jobs.get(event.jobId))
    const job: Job = {
      jobId: event.jobId,
      seq: event.seq,
      spec: event.spec,
      state: { status: 'SUBMITTED' },
      attempts: [],
      tags: event.tags,
    }
    state.jobs.set(job.jobId, job)
    if (job.spec.dependsOn) beginWaiting(state, job)
    state.nextSeq = event.seq + 1
    countLive(state, event.spec.jobQueue, 1)
    countBytes(state, job, 1)
    touchShare(state, job, event.spec.createdAtMs, { liveJobs: 1 })
    return
  }
  if (event.type === 'childSpawned') return spawnChild(state, event)

  const job = state.jobs.get(event.jobId)
  // Tags may change long after the job left memory. The store keeps them.
  if (!job && event.type === 'jobTagsChanged') return
  if (!job || !transitions[event.type].from.includes(job.state.status)) throw new ImpossibleTransition(event, job)

  const before = job.state.status
  const attemptBefore = liveAttempt(job)
  apply(state, job, event)
  const after = job.state.status
  if (!transitions[event.type].to.includes(after)) throw new ImpossibleTransition(event, job)
  if (event.type === 'attemptStopping' && attemptBefore) noteLeaving(state, job, attemptBefore, event.cause)
  // An event that only marks or tags a job does not move it: a waiting job keeps its place.
  if (after === before) return

  const attemptAfter = liveAttempt(job)
  if (attemptBefore && !attemptAfter) book(state, job, attemptBefore, -1)
  if (attemptAfter && !attemptBefore) book(state, job, attemptAfter, 1)
  if (!attemptBefore !== !attemptAfter)
    touchShare(state, job, timeOf(event), { vcpus: (attemptAfter ? 1 : -1) * job.spec.resources.vcpus })
  if (before === 'RUNNABLE') dequeue(state, job)
  if (after === 'RUNNABLE') enqueue(state, job)
  const parent = parentOf(state, job)
  const siblings = childrenOf(parent)
  if (siblings) {
    setChildStatus(siblings, job.arrayIndex!, after, timeOf(event))
    // The last child left to start may have been cancelled instead.
    if (before === 'RUNNABLE' && nextChild(siblings) === undefined) dequeue(state, parent!)
  }
  if (!isTerminal(after)) return
  delete job.held
  countLive(state, job.spec.jobQueue, -1)
  countBytes(state, job, -1)
  touchShare(state, job, timeOf(event), { liveJobs: -1 })
  endWaiting(state, job)
  for (const array of noteEnd(state, job.jobId, after, timeOf(event))) enqueue(state, array)
}

function apply(state: State, job: Job, event: Exclude<JobEvent, { type: 'jobSubmitted' | 'childSpawned' }>): void {
  switch (event.type) {
    case 'jobMadePending':
      job.state =
        job.spec.arraySize === undefined
          ? { status: 'PENDING' }
          : { status: 'PENDING', children: newChildren(job.spec.arraySize, event.atMs, () => 'PENDING') }
      return
    case 'jobMadeRunnable':
      makeRunnable(state, job, event.atMs)
      return
    case 'attemptPlaced':
      job.state = { status: 'STARTING', attempt: event.attempt }
      return
    case 'attemptStarted': {
      const current = matching(job, event)
      job.state = { ...current, status: 'RUNNING', startedAtMs: event.atMs }
      return
    }
    case 'containerSeen': {
      const current = matching(job, event)
      const containers = { ...current.attempt.containers, [partKey(event.part)]: event.run }
      job.state = { ...current, attempt: { ...current.attempt, containers } }
      return
    }
    case 'attemptStopping': {
      job.state = { ...matching(job, event), stopping: event.cause }
      noteStop(job, stopRecordOf(event.cause, 'terminated'))
      return
    }
    case 'attemptEnded':
      if (liveAttempt(job)?.number !== event.ended.number) throw new ImpossibleTransition(event, job)
      job.attempts.push(event.ended)
      job.state = event.next
      return
    case 'jobFinished':
      if (job.state.status === 'PENDING') leavePending(state, job)
      job.state = event.finished
      noteStop(job, event.stop)
      return
    case 'childrenHalted':
      haltAll(state, job, event)
      return
    case 'stopAccepted':
      if (job.state.status === 'PENDING') job.state = { ...job.state, stopping: event.stop }
      noteStop(job, stopRecordOf(event.stop.cause, event.stop.as))
      return
    case 'jobMarked':
      noteStop(job, event.stop)
      if (event.as === 'cancelled') job.isCancelled = true
      else job.isTerminated = true
      return
    case 'jobHeld':
      if (waitsForPlace(job)) dequeue(state, job)
      job.held = true
      return
    case 'jobReleased':
      delete job.held
      if (waitsForPlace(job)) enqueue(state, job)
      return
    case 'jobTagsChanged':
      retag(state, job, event.tags)
      // The tags may say how many children run at once.
      if (childrenOf(job)) state.schedulingDue = true
      return
  }
  event satisfies never
}

function noteStop(job: Job, stop: StopRecord | undefined): void {
  if (!stop) return
  job.stop = stop
  if (stop.as === 'cancelled') job.isCancelled = true
  else job.isTerminated = true
}

function leavePending(state: State, job: Job): void {
  dequeue(state, job)
  const children = childrenOf(job)
  if (children) state.endedArrays.set(job.jobId, children)
}

/** An array's children start as far as they wait for nothing else. */
function makeRunnable(state: State, job: Job, atMs: number): void {
  const size = job.spec.arraySize
  if (size === undefined) {
    job.state = { status: 'RUNNABLE', sinceMs: atMs }
    return
  }
  if (job.state.status !== 'PENDING')
    job.state = { status: 'PENDING', children: newChildren(size, atMs, () => 'PENDING') }
  if (releaseChildren(state, job, Array(size).keys(), atMs)) enqueue(state, job)
}

function haltAll(state: State, job: Job, event: HaltedChildren): void {
  const children = childrenOf(job)
  if (!children) return
  const ended = haltChildren(children, event)
  dequeue(state, job)
  if (!state.pairedWith.has(job.jobId) && state.dependants.size === 0) return
  for (const index of ended)
    for (const array of noteEnd(state, `${job.jobId}:${index}`, 'FAILED', event.atMs)) enqueue(state, array)
}

function matching(job: Job, event: { type: JobEvent['type']; number: number } & JobEvent) {
  const current = job.state
  if ((current.status !== 'STARTING' && current.status !== 'RUNNING') || current.attempt.number !== event.number)
    throw new ImpossibleTransition(event, job)
  return current
}

function spawnChild(state: State, event: Extract<JobEvent, { type: 'childSpawned' }>): void {
  const parent = state.jobs.get(event.jobId.slice(0, event.jobId.lastIndexOf(':')))
  const children = childrenOf(parent)
  if (!parent || !children || state.jobs.has(event.jobId)) throw new ImpossibleTransition(event, parent)
  const child: Job = {
    jobId: event.jobId,
    seq: event.seq,
    spec: parent.spec,
    arrayIndex: event.index,
    state: { status: 'RUNNABLE', sinceMs: event.atMs },
    attempts: [],
    tags: {},
  }
  state.jobs.set(child.jobId, child)
  state.nextSeq = event.seq + 1
  countLive(state, child.spec.jobQueue, 1)
  countBytes(state, child, 1)
  touchShare(state, child, event.atMs, { liveJobs: 1 })
  setChildStatus(children, event.index, 'RUNNABLE', event.atMs)
  markSpawned(children, event.index)
  // A spawned child is no longer the parent's to start. It stands in the queue for itself until it
  // is placed.
  enqueue(state, child)
  if (nextChild(children) === undefined) dequeue(state, parent)
}

function evolveResource(state: State, event: ResourceEvent): void {
  switch (event.type) {
    case 'jobDefinitionChanged': {
      state.jobDefinitions.put(event.definition)
      return
    }
    case 'jobDefinitionGone':
      state.jobDefinitions.remove(event.name, event.revision)
      return
    case 'jobQueueChanged':
      state.jobQueues.set(event.jobQueue.name, event.jobQueue)
      return reconsider(state)
    case 'jobQueueGone':
      state.jobQueues.delete(event.name)
      state.waiting.delete(event.name)
      state.takenByQueue.delete(event.name)
      state.shares.delete(event.name)
      state.reservations.delete(event.name)
      state.liveJobs.delete(event.name)
      return
    case 'computeEnvironmentChanged':
      state.computeEnvironments.set(event.computeEnvironment.name, event.computeEnvironment)
      return reconsider(state)
    case 'computeEnvironmentGone':
      state.computeEnvironments.delete(event.name)
      state.taken.delete(event.name)
      return
    case 'resourceChanged':
      if (isMore(state, event.resource)) reconsider(state)
      resourcesOfKind(state, event.resource.kind).set(event.resource.arn, event.resource)
      state.schedulingDue = true
      return
    case 'resourceGone':
      resourcesOfKind(state, event.kind).delete(event.arn)
      return
  }
  event satisfies never
}

function evolvePassing(state: State, event: PassingEvent): void {
  switch (event.type) {
    case 'driverSeen': {
      const driver = driverOf(state, event.driver)
      driver.health = event.health
      if (event.hosts) offerHosts(state, driver, event.hosts)
      return reconsider(state)
    }
    case 'disksSeen': {
      const { index } = driverOf(state, event.driver)
      for (const { hostName, freeMib, written } of event.disks)
        if (index.seeDisk(hostName, freeMib, written)) state.schedulingDue = true
      return
    }
    case 'endsUnread':
      driverOf(state, event.driver).endsUnread = event.unread
      if (!event.unread) state.schedulingDue = true
      return
    case 'jobParked': {
      const job = state.jobs.get(event.jobId)
      if (!job) return
      dequeue(state, job)
      waitingOf(state, job.spec.jobQueue).parked.add(job.jobId)
      return
    }
    case 'schedulingDone':
      state.schedulingDue = false
      return
    case 'headReserved':
      if (event.reservation) state.reservations.set(event.jobQueue, event.reservation)
      else state.reservations.delete(event.jobQueue)
      return
    case 'stuckSeen':
      state.stuck.clear()
      for (const [jobId, stuck] of event.stuck) state.stuck.set(jobId, stuck)
      return
    case 'childDependenciesFailed':
      for (const index of event.indexes) state.dueAfterEnds.set(`${event.jobId}:${index}`, 'failed')
      return
    case 'endsFollowed':
      state.dueAfterEnds.clear()
      return
  }
  event satisfies never
}

/** For a consumable resource: jobs may have been put aside that wanted more than existed. */
function isMore(state: State, resource: AccountResource): boolean {
  if (resource.kind !== 'consumable-resource') return false
  const before = state.consumableResources.get(resource.arn)
  return resource.totalQuantity > (before?.totalQuantity ?? 0)
}

/** The capacity itself changed, so parked jobs may fit now. They return to where they stood. */
function reconsider(state: State): void {
  state.schedulingDue = true
  for (const waiting of state.waiting.values()) {
    if (waiting.parked.size === 0) continue
    const ids = [...waiting.parked]
    waiting.parked.clear()
    for (const id of ids) enqueue(state, state.jobs.get(id)!)
  }
}

/** When it happened. Events that move no job into another status have no time. */
function timeOf(event: JobEvent): number {
  switch (event.type) {
    case 'attemptPlaced':
      return event.attempt.placedAtMs
    case 'attemptEnded':
      return event.ended.stoppedAtMs
    case 'jobFinished':
      return event.finished.stoppedAtMs
    case 'jobSubmitted':
      return event.spec.createdAtMs
    case 'attemptStopping':
    case 'containerSeen':
    case 'jobHeld':
    case 'jobMarked':
    case 'jobReleased':
    case 'jobTagsChanged':
    case 'stopAccepted':
      return 0
    default:
      return event.atMs
  }
}

function describe(job: Job | undefined): string {
  if (!job) return 'not among the live jobs'
  const { spec: _, ...rest } = job
  const children = childrenOf(job)
  const shown = children ? { status: 'PENDING', counts: children.counts } : job.state
  return JSON.stringify({ ...rest, state: shown })
}
