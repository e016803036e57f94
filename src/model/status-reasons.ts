/**
 * The status reasons of jobs, word for word as AWS writes them, because clients compare them
 * (docs/aws §2.5, §9.5).
 * https://docs.aws.amazon.com/batch/latest/userguide/job_stuck_in_runnable.html
 */
export const statusReasons = {
  /** The normal end of a container, whatever its exit code. */
  containerExited: 'Essential container in task exited',
  failedToStart: 'Task failed to start',
  timedOut: 'Job attempt duration exceeded timeout',
  dependencyFailed: 'Dependent Job failed',
  arrayChildFailed: 'Array Child Job failed',
  queueDeleted: 'JobQueue deleted',
  spotTaskInterrupted: 'Your Spot Task was interrupted.',
  environmentHealthy: 'ComputeEnvironment Healthy',
  /** Ours: AWS restores nothing. */
  lostToRestore: 'Unknown since the server was restored from a backup',
  queueHealthy: 'JobQueue Healthy',
} as const

export function hostTerminated(instanceId: string): string {
  return `Host EC2 (instance ${instanceId}) terminated.`
}

/** Why a job is blocked at RUNNABLE: AWS's code and AWS's sentence. `blockedText` joins them. */
export interface BlockedReason {
  readonly code: string
  readonly sentence: string
}

export const blockedReasons = {
  maxvCpus: {
    code: 'MISCONFIGURATION:COMPUTE_ENVIRONMENT_MAX_RESOURCE',
    sentence: 'CE(s) associated with the job queue cannot meet the CPU requirement of the job.',
  },
  neverFits: {
    code: 'MISCONFIGURATION:JOB_RESOURCE_REQUIREMENT',
    sentence:
      'The job resource requirement (vCPU/memory/GPU) is higher than that can be met by the CE(s) attached to the job queue.',
  },
  environmentsInvalid: { code: 'ACTION_REQUIRED', sentence: 'CE(s) associated with the job queue are invalid.' },
} as const satisfies Record<string, BlockedReason>

/** Formats the reason as AWS shows it in a `statusReason`. */
export function blockedText({ code, sentence }: BlockedReason): string {
  return `${code} - ${sentence}`
}

/** Container reasons in the words of the ECS agent. */
export const containerReasons = {
  outOfMemory: 'OutOfMemoryError: Container killed due to memory usage',
} as const
