/** Why a job is not running, as data and as a sentence. */
import type { JobStatus } from '../../model/job.ts'
import { describeResources } from '../../model/resources.ts'
import { type BlockedReason, blockedReasons, blockedText } from '../../model/status-reasons.ts'
import type { EnvironmentMisfit } from '../scheduler/fit.ts'

export type WaitReason =
  | (EnvironmentMisfit & {
      /** The compute environment, if it is not the one in which the job would start first. */
      readonly elsewhere?: string
      /** Jobs that hold room on the host with the most free room, the largest first. */
      readonly holders?: readonly string[]
      /** How many more there are. */
      readonly moreHolders?: number
      /** Set for an array with running children: the reason is about the next child. */
      readonly ofNext?: { readonly arrayId: string; readonly running: number; readonly size: number }
    })
  | {
      readonly kind: 'behind'
      /**
       * The position in the queue, or in the share where the queue has shares; from 1. An array
       * counts for all its waiting children. Absent for those who see only some jobs.
       */
      readonly position?: number
      readonly headJobId: string
      readonly head: EnvironmentMisfit | undefined
      readonly share?: ShareStanding
    }
  | {
      readonly kind: 'dependencies'
      readonly jobs: readonly { readonly jobId: string; readonly status: JobStatus | undefined }[]
      /** How many more there are than those in `jobs`. */
      readonly more: number
      /** The job was cancelled or terminated, and ends when these have ended. */
      readonly stopping: boolean
    }
  | { readonly kind: 'queueBeingDeleted' }
  /** Held until an administrator releases it. An array is held for its children. */
  | { readonly kind: 'held'; readonly jobId: string }
  /** Nothing holds it back: the next scheduling pass will place it. */
  | { readonly kind: 'aboutToStart' }

/**
 * vCPUs, as the decayed average and as used now. The share with the lowest (average + now) × weight
 * is next.
 */
export interface ShareStanding {
  readonly shareIdentifier: string
  readonly usedVcpus: number
  readonly inUseVcpus: number
  readonly weight: number
}

/** The reasons for which AWS has a code and a text. */
const blocked: { readonly [Kind in WaitReason['kind']]?: BlockedReason } = {
  exceedsMaxvCpus: blockedReasons.maxvCpus,
  exceedsHosts: blockedReasons.neverFits,
  exceedsDisk: blockedReasons.neverFits,
  environmentsInvalid: blockedReasons.environmentsInvalid,
}

/**
 * Returns AWS's code for the reason, if there is one: `MISCONFIGURATION:JOB_RESOURCE_REQUIREMENT`.
 */
export function codeOf({ kind }: WaitReason): string | undefined {
  return blocked[kind]?.code
}

const insufficientCapacity = 'CAPACITY:INSUFFICIENT_INSTANCE_CAPACITY'

/**
 * Returns the reason's name in `jobStateTimeLimitActions`. A plain wait for capacity has a name
 * too. AWS's text for it is not shown, because ours says more. Room that is kept for shares, or
 * held back by a limit that somebody set, is not a lack of capacity.
 */
export function timeLimitReasonOf(reason: WaitReason): string | undefined {
  switch (reason.kind) {
    case 'exceedsMaxvCpus':
    case 'exceedsHosts':
    case 'exceedsDisk':
      return codeOf(reason)
    case 'diskShort':
    case 'hostsBusy':
    case 'maxvCpusInUse':
    case 'spotPriceAboveBid':
    case 'consumableShort':
    case 'exceedsConsumable':
      return insufficientCapacity
    case 'roomReserved':
      return reason.of === 'limits' ? undefined : insufficientCapacity
    default:
      return undefined
  }
}

/** Replaces the id of a job that whoever asks may not know of. */
export const hiddenJob = 'hidden'

/** Names another job in a sentence: its id, and what else is known of it. */
type NameJob = (jobId: string) => string

const byId: NameJob = (jobId) => jobId

/**
 * Writes the reason as a sentence. AWS's text comes first where AWS has one, because clients look
 * for it.
 */
export function waitText(reason: WaitReason, nameJob: NameJob = byId): string {
  const said = sentence(reason, nameJob)
  if ('elsewhere' in reason && reason.elsewhere !== undefined) return `In ${reason.elsewhere}: ${said}`
  if (!('ofNext' in reason) || reason.ofNext === undefined || codeOf(reason) !== undefined) return said
  return `${reason.ofNext.running} of ${reason.ofNext.size} children run. The next: ${said}`
}

/** AWS's text where AWS has one, and then what openbatch knows. */
function sentence(reason: WaitReason, nameJob: NameJob = byId): string {
  const aws = blocked[reason.kind]
  const known = ownSentence(reason, nameJob)
  return aws ? `${blockedText(aws)} ${known}` : known
}

function ownSentence(reason: WaitReason, nameJob: NameJob): string {
  switch (reason.kind) {
    case 'exceedsMaxvCpus':
      return `The job asks for ${reason.wanted.vcpus} vCPU; maxvCpus is ${reason.maxvCpus}.`
    case 'exceedsHosts':
      return exceedsText(reason)
    case 'exceedsDisk':
      return `The job asks for ${gib(reason.wantedMib)} of scratch space; the largest disk offers ${gib(reason.largestMib)}.`
    case 'exceedsConsumable':
      return `Waiting for consumable resource ${reason.name}: needs ${reason.wanted}, there are ${reason.total} in all.`
    case 'hostsGone':
      return `Waiting for a host: needs ${describeResources(reason.wanted)}; the ${reason.driver} driver had hosts that could hold it, and offers none now.`
    case 'environmentsInvalid':
      return `Not VALID: ${reason.names.join(', ')}.`
    case 'environmentsDisabled':
      return `Waiting: the compute environment ${reason.names.join(', ')} is DISABLED.`
    case 'engineAway':
      return `Waiting for the engine: the ${reason.driver} driver cannot be reached (${reason.why}).`
    case 'maxvCpusInUse':
      return `Waiting for capacity: needs ${reason.wanted.vcpus} vCPU; ${reason.inUse} of the ${reason.maxvCpus} maxvCpus of ${reason.computeEnvironment} are in use.`
    case 'spotPriceAboveBid':
      return `Waiting for spot capacity: on-demand jobs hold ${round(reason.price)} % of the vCPUs, the bid of ${reason.computeEnvironment} is ${reason.bidPercentage} %.`
    case 'consumableShort':
      return `Waiting for consumable resource ${reason.name}: needs ${reason.wanted}, ${reason.available} available.`
    case 'diskShort':
      return reason.freeMib < 0
        ? `Waiting for space on the disk: the disk of ${reason.hostName} is fuller than it may be, by ${gib(-reason.freeMib)}.`
        : `Waiting for space on the disk: needs ${gib(reason.wantedMib)} of scratch space; the disk of ${reason.hostName} has ${gib(reason.freeMib)}, beside what stays free and what running jobs may still write.`
    case 'hostsBusy': {
      const more = reason.moreHolders ? ` and ${reason.moreHolders} more` : ''
      const named = namedHolders(reason.holders ?? [], reason.ofNext?.arrayId, nameJob)
      const holders = named.length > 0 ? ` Held by ${named.join(', ')}${more}.` : ''
      const nodes = reason.nodes === undefined ? '' : ` on ${reason.nodes} nodes`
      return `Waiting for capacity: needs ${describeResources(reason.wanted)}${nodes}; the host with the most room has ${describeResources(reason.largestFree)} free.${holders}`
    }
    case 'roomReserved':
      return `${keptText[reason.of]} kept for ${jobInWords(reason.forJobId, nameJob)}, which is ahead.`
    case 'shareReservation':
      return `Waiting for capacity: ${round(reason.inUse)} of ${round(reason.total)} vCPU are in use, and ${round(reason.reservedVcpus)} are kept for shares that are not active (computeReservation).`
    case 'maxConcurrent':
      return `Waiting for a limit: ${reason.running} of at most ${reason.most} jobs of ${reason.of} ${reason.name} are running.`
    case 'behind': {
      const { share } = reason
      const ahead = jobInWords(reason.headJobId, nameJob)
      const thatJob = reason.head ? ` That job: ${sentence(reason.head, nameJob)}` : ''
      if (reason.position === undefined) return `Waiting for its turn: behind ${ahead}.${thatJob}`
      const place = share
        ? `position ${reason.position} of share ${share.shareIdentifier}, which used ${round(share.usedVcpus)} and holds ${round(share.inUseVcpus)} vCPU at weight ${share.weight}`
        : `position ${reason.position} in the queue`
      return `Waiting for its turn: ${place}, behind ${ahead}.${thatJob}`
    }
    case 'dependencies': {
      const named = reason.jobs.map(({ jobId, status }) => `${jobId}${status ? ` (${status})` : ''}`).join(', ')
      const more = reason.more > 0 ? ` and ${reason.more} more` : ''
      return `${reason.stopping ? 'Ending as soon as the jobs it depends on have ended' : 'Waiting for jobs it depends on'}: ${named}${more}.`
    }
    case 'held':
      return `Held: the server was restored from a backup, and what became of the job since is not known. It may have run. An administrator lets it run by: openbatch release ${reason.jobId}`
    case 'queueBeingDeleted':
      return 'Ending: its job queue is being deleted.'
    case 'aboutToStart':
      return 'About to start.'
  }
}

function exceedsText({ driver, largest, nodes, wanted }: Extract<EnvironmentMisfit, { kind: 'exceedsHosts' }>): string {
  const asked = `The job asks for ${describeResources(wanted)}`
  const said =
    nodes === undefined
      ? `${asked}; the largest host has ${describeResources(largest)}.`
      : `${asked} on ${nodes} nodes; they find no place together on hosts that have ${describeResources(largest)} in all.`
  // vCPUs are a weight, so a machine can offer more than it has. Memory cannot be offered twice.
  return wanted.vcpus > largest.vcpus ? `${said} An operator can offer more with drivers.${driver}.vcpus.` : said
}

function jobInWords(jobId: string, nameJob: NameJob): string {
  return jobId === hiddenJob ? 'a job of another user' : `job ${nameJob(jobId)}`
}

/** An array does not wait for its own children, but its running children hold the room. */
function namedHolders(holders: readonly string[], arrayId: string | undefined, nameJob: NameJob): readonly string[] {
  const others = holders.filter((jobId) => arrayId === undefined || !jobId.startsWith(`${arrayId}:`))
  const named = others.map(nameJob)
  return others.length < holders.length ? ['its own children', ...named] : named
}

const keptText = {
  hosts: 'Waiting for capacity: what is free is',
  disks: 'Waiting for space on the disk: what is free is',
  maxvCpus: 'Waiting for capacity: what is left of the maxvCpus is',
  consumables: 'Waiting for consumable resources: what is available is',
  limits: 'Waiting for a limit: what may still run beside those that do is',
}

/** Small amounts in MiB, because a tenth of a GiB says too little of them. */
function gib(mib: number): string {
  return mib < 10_240 ? `${Math.round(mib)} MiB` : `${round(mib / 1024)} GiB`
}

/** Rounds to a tenth, for people. */
function round(amount: number): string {
  return String(Math.round(amount * 10) / 10)
}
