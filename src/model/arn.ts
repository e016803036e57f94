/** ARNs of AWS Batch resources; https://docs.aws.amazon.com/service-authorization/latest/reference/list_awsbatch.html */
export interface Account {
  /** Twelve digits. */
  readonly account: string
  readonly region: string
}

export const resourceKinds = [
  'compute-environment',
  'job-queue',
  'job-definition',
  'job',
  'scheduling-policy',
  'consumable-resource',
  'service-environment',
  'service-job',
] as const
export type ResourceKind = (typeof resourceKinds)[number]

export function arn(of: Account, kind: ResourceKind, name: string): string {
  return `arn:aws:batch:${of.region}:${of.account}:${kind}/${name}`
}

/** Of a user, as IAM writes it. A path begins and ends with a slash. */
export function userArn(account: string, name: string, path = '/'): string {
  return `arn:aws:iam::${account}:user${path}${name}`
}

export interface ParsedArn {
  readonly region: string
  readonly account: string
  readonly kind: string
  /** The part after the kind: a name, `name:revision`, or a job id. */
  readonly name: string
}

/**
 * Returns the parts of a Batch ARN, or undefined for any other text. Every partition is accepted,
 * not only `aws`.
 */
export function parseArn(text: string): ParsedArn | undefined {
  const match = /^arn:aws[a-z-]*:batch:([a-z0-9-]*):([0-9]*):([a-z-]+)\/(.+)$/.exec(text)
  return match ? { region: match[1]!, account: match[2]!, kind: match[3]!, name: match[4]! } : undefined
}

/**
 * Like `parseArn`, but also undefined for an ARN of another account. Every region is accepted: a
 * server has one.
 */
export function parseOwnArn(text: string, { account }: Pick<Account, 'account'>): ParsedArn | undefined {
  const parsed = parseArn(text)
  return parsed?.account === account ? parsed : undefined
}

/** A quota share's ARN lies below its queue's. */
export function quotaShareArn(of: Account, jobQueue: string, name: string): string {
  return `${arn(of, 'job-queue', jobQueue)}/quota-share/${name}`
}

/**
 * Returns the names of queue and quota share, or undefined for any text but a quota share ARN of
 * this account.
 */
export function parseQuotaShareArn(
  text: string,
  of: Account,
): { readonly jobQueue: string; readonly name: string } | undefined {
  const parsed = parseOwnArn(text, of)
  const match = parsed?.kind === 'job-queue' ? /^([^/]+)\/quota-share\/([^/]+)$/.exec(parsed.name) : null
  return match ? { jobQueue: match[1]!, name: match[2]! } : undefined
}

/** Of a parameter of Systems Manager. A name may begin with a slash, and its ARN has one slash there. */
export function parameterArn({ region, account }: Account, name: string): string {
  return `arn:aws:ssm:${region}:${account}:parameter/${name.replace(/^\//, '')}`
}

/**
 * The cluster that a compute environment's containers appear to run in, in the form of ECS names.
 */
export function clusterName(environment: { name: string; uuid: string }): string {
  return `AWSBatch-${environment.name}-${environment.uuid}`
}

export function taskArn(of: Account, cluster: string, taskId: string): string {
  return `arn:aws:ecs:${of.region}:${of.account}:task/${cluster}/${taskId}`
}

export function containerInstanceArn(of: Account, cluster: string, instanceId: string): string {
  // An ECS container instance id has 32 hex digits. Ours is derived from the host's `i-…` id.
  const digits = instanceId.replace(/^i-/, '').padStart(32, '0')
  return `arn:aws:ecs:${of.region}:${of.account}:container-instance/${cluster}/${digits}`
}
