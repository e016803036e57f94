/**
 * Where an attempt's output goes: the CloudWatch group and stream from the definition's
 * logConfiguration (docs/aws §8, §11.1).
 * https://docs.aws.amazon.com/batch/latest/userguide/using_awslogs.html
 */
import { parseArn } from './arn.ts'
import type { LogConfiguration } from './generated/batch.ts'

/** Where the output of jobs goes unless their definitions name another group. */
export const jobLogGroup = '/aws/batch/job'

export interface LogDestination {
  readonly group: string
  readonly stream: string
  /** Absent when each line is an event. */
  readonly eventStart?: EventStartOptions
}

/** Which lines begin an event, as the definition states it. One of the two is set. */
export interface EventStartOptions {
  /** Value of `awslogs-datetime-format`. */
  readonly datetimeFormat?: string
  /** Value of `awslogs-multiline-pattern`. */
  readonly multilinePattern?: string
}

/** Undefined for a log driver other than awslogs: the job then has no CloudWatch stream. */
export function logDestination(
  container: { logConfiguration?: LogConfiguration | undefined },
  jobDefinition: string,
  taskId: string,
  containerName = 'default',
): LogDestination | undefined {
  const configuration = container.logConfiguration
  if (configuration && configuration.logDriver !== 'awslogs') return undefined
  const options = configuration?.options ?? {}
  const prefix = options['awslogs-stream-prefix'] || jobDefinitionName(jobDefinition).slice(0, 200)
  const eventStart = eventStartOptions(container)
  return {
    group: options['awslogs-group'] || jobLogGroup,
    stream: `${prefix}/${containerName}/${taskId}`,
    ...(eventStart ? { eventStart } : {}),
  }
}

/** Whether a job's stream may have this name: it ends in the id of a task. */
export function isJobStream(stream: string): boolean {
  return /\/[0-9a-f]{32}$/.test(stream)
}

/** Undefined when neither option is given, and for every other log driver. */
export function eventStartOptions({
  logConfiguration,
}: {
  logConfiguration?: LogConfiguration | undefined
}): EventStartOptions | undefined {
  if (logConfiguration?.logDriver !== 'awslogs') return undefined
  const datetimeFormat = logConfiguration.options?.['awslogs-datetime-format']
  const multilinePattern = logConfiguration.options?.['awslogs-multiline-pattern']
  if (!datetimeFormat && !multilinePattern) return undefined
  return { ...(datetimeFormat ? { datetimeFormat } : {}), ...(multilinePattern ? { multilinePattern } : {}) }
}

/** Extracts the definition's name from its ARN or from `name:revision`. */
function jobDefinitionName(reference: string): string {
  return (parseArn(reference)?.name ?? reference).split(':')[0]!
}
