/**
 * The life of a compute environment: CREATING → VALID or INVALID, UPDATING, DISABLED before delete,
 * DELETING → gone (docs/aws §10).
 */

import { arn, clusterName } from '../../model/arn.ts'
import { type ComputeEnvironment, driverTag } from '../../model/compute-environment.ts'
import type {
  ComputeEnvironmentDetail,
  CreateComputeEnvironmentRequest,
  CreateComputeEnvironmentResponse,
  UpdateComputeEnvironmentRequest,
  UpdateComputeEnvironmentResponse,
} from '../../model/generated/batch.ts'
import { limits } from '../../model/limits.ts'
import { refuse, refuseWrapped } from '../../model/refusal.ts'
import { spotOf } from '../../model/spot-environment.ts'
import { statusReasons } from '../../model/status-reasons.ts'
import type { TimeMs } from '../../model/time.ts'
import { accept, type Command, events, nothing } from '../decision.ts'
import { isChanging } from '../life-cycle.ts'
import { computeEnvironmentNotFound } from '../reference.ts'
import { isStopping } from '../scheduler/spot.ts'
import type { Tenant } from '../state/host-index.ts'
import type { State } from '../state/state.ts'
import { validateCreateComputeEnvironment, validateUpdateComputeEnvironment } from './check.ts'
import { isFargate } from './compute-resources.ts'
import { replacementBy } from './infrastructure-update.ts'
import { describeComputeEnvironment, findEnvironment } from './read.ts'
import { mergeComputeEnvironment, normaliseComputeEnvironment } from './shape.ts'

/** Attempts on old instances that one decision stops. Their ends, or the next look, continue. */
const stoppedAtOnce = 500

export function createComputeEnvironment(
  request: CreateComputeEnvironmentRequest,
): Command<CreateComputeEnvironmentResponse> {
  return (state, { newId }) => {
    const refusal = validateCreateComputeEnvironment(request)
    if (refusal) return refusal
    const name = request.computeEnvironmentName
    if (state.computeEnvironments.has(name)) return refuse('Object already exists', 409)
    if (state.computeEnvironments.size >= limits.computeEnvironments)
      return refuseWrapped(
        `There are ${limits.computeEnvironments} compute environments, the most an account may have.`,
      )
    const uuid = newId()
    const computeEnvironmentArn = arn(state.account, 'compute-environment', name)
    const cluster = clusterName({ name, uuid })
    const shape = normaliseComputeEnvironment(request, {
      arn: computeEnvironmentArn,
      uuid,
      ecsClusterArn: `arn:aws:ecs:${state.account.region}:${state.account.account}:cluster/${cluster}`,
    })
    const computeEnvironment = fromShape(shape, request.tags ?? {}, state.defaultDriver, 'ENABLED')
    return accept({ computeEnvironmentName: name, computeEnvironmentArn }, [
      { type: 'computeEnvironmentChanged', computeEnvironment },
    ])
  }
}

export function updateComputeEnvironment(
  request: UpdateComputeEnvironmentRequest,
): Command<UpdateComputeEnvironmentResponse> {
  return (state, { now }) => {
    const current = findEnvironment(state, request.computeEnvironment)
    if (!current) return computeEnvironmentNotFound(request.computeEnvironment)
    const refusal = validateUpdateComputeEnvironment(describeComputeEnvironment(state, current), request)
    if (refusal) return refusal
    const shape = mergeComputeEnvironment(current.shape, request)
    const replacement = replacementBy(current.shape, shape, now)
    const computeEnvironment: ComputeEnvironment = {
      ...fromShape(shape, current.tags, state.defaultDriver, request.state ?? current.state),
      status: 'UPDATING',
      ...replacement,
      ...(replacement.replacing && { statusReason: replacingReason(replacement.replacing.endJobsAtMs) }),
    }
    return accept({ computeEnvironmentName: current.name, computeEnvironmentArn: current.arn }, [
      { type: 'computeEnvironmentChanged', computeEnvironment },
    ])
  }
}

export function deleteComputeEnvironment(reference: string): Command {
  return (state) => {
    const current = findEnvironment(state, reference)
    if (!current) return computeEnvironmentNotFound(reference)
    if (current.status === 'DELETING') return nothing('it is being deleted already')
    if (isChanging(current.status)) return refuse('Cannot delete, resource is being modified')
    if (current.state !== 'DISABLED') return refuse('Cannot delete, state must be DISABLED')
    for (const queue of state.jobQueues.values())
      if (queue.computeEnvironments.includes(current.name))
        return refuse('Cannot delete, found existing JobQueue relationship')
    return events({ type: 'computeEnvironmentChanged', computeEnvironment: { ...current, status: 'DELETING' } })
  }
}

/**
 * Completes a change: the environment becomes VALID, INVALID if its driver is not configured, or is
 * deleted. An update that replaces instances completes when no earlier attempt is left. Attempts
 * whose time is up end as if their host was lost, and their retry strategy decides about a retry.
 * The caller that watches the time says when it is up, because the machine's clock may have been
 * set.
 */
export function settleComputeEnvironment(name: string, isTimeUp = false): Command {
  return (state) => {
    const current = state.computeEnvironments.get(name)
    if (!current) return nothing('it is gone')
    if (current.status === 'DELETING')
      return attemptsIn(state, name).length > 0
        ? nothing('attempts still run on it; their end settles it')
        : events({ type: 'computeEnvironmentGone', name })
    const configured = [...state.drivers.values()].filter((it) => it.health.kind !== 'unseen').map((it) => it.name)
    const known = configured.includes(current.driver)
    const { replacing, ...settled } = current
    if (replacing && known) {
      const left = attemptsIn(state, name).filter(({ attempt }) => attempt.placedAtMs < replacing.sinceMs)
      if (left.length > 0)
        return isTimeUp || replacing.endJobsAtMs <= replacing.sinceMs
          ? endAll(state, left, name)
          : nothing('their time is not up')
    }
    const status = known ? 'VALID' : 'INVALID'
    const isTagged = current.shape.tags?.[driverTag] !== undefined
    const named = isTagged
      ? `The tag ${driverTag} names the driver ${current.driver}`
      : `Its driver is ${current.driver}`
    const statusReason = known
      ? statusReasons.environmentHealthy
      : `CLIENT_ERROR - ${named}, which is not configured. Configured: ${configured.join(', ')}.`
    if (current.status === status && current.statusReason === statusReason) return nothing('it is settled')
    return events({ type: 'computeEnvironmentChanged', computeEnvironment: { ...settled, status, statusReason } })
  }
}

/**
 * Attempts that hold a place in the environment, on any driver: its tag may have named another
 * driver when they were placed.
 */
function attemptsIn(state: State, name: string): Tenant[] {
  const found = new Map<string, Tenant>()
  for (const { index } of state.drivers.values())
    for (const { tenants } of index.slots())
      for (const tenant of tenants.values())
        if (tenant.attempt.computeEnvironment === name) found.set(tenant.attempt.name, tenant)
  return [...found.values()]
}

function endAll(state: State, tenants: readonly Tenant[], name: string) {
  const cause = {
    kind: 'reclaimed',
    why: `the instances of the compute environment ${name} are being replaced`,
  } as const
  return events(
    ...tenants
      // An attempt that may have ended already gets no notice before that is known.
      .filter((tenant) => !isStopping(state, tenant) && !state.drivers.get(tenant.attempt.driver)?.endsUnread)
      .slice(0, stoppedAtOnce)
      .map(({ jobId, attempt }) => ({ type: 'attemptStopping', jobId, number: attempt.number, cause }) as const),
  )
}

function replacingReason(endJobsAtMs: TimeMs): string {
  return `Replacing instances: jobs that started before the update run until ${new Date(endJobsAtMs).toISOString()} at the latest.`
}

function fromShape(
  shape: ComputeEnvironmentDetail,
  tags: Readonly<Record<string, string>>,
  defaultDriver: string,
  state: 'ENABLED' | 'DISABLED',
): ComputeEnvironment {
  const resources = shape.computeResources
  return {
    name: shape.computeEnvironmentName,
    arn: shape.computeEnvironmentArn,
    uuid: shape.uuid ?? '',
    driver: tags[driverTag] ?? defaultDriver,
    state,
    status: 'CREATING',
    statusReason: '',
    maxvCpus: resources?.maxvCpus ?? shape.unmanagedvCpus ?? Number.MAX_SAFE_INTEGER,
    minvCpus: resources?.minvCpus ?? 0,
    fargate: isFargate(resources?.type),
    ...spotOf(resources),
    tags,
    shape,
  }
}
