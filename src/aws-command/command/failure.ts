/** How a command ends without success: the message and the exit code are the AWS CLI's (version 2). */

export const exitCodes = {
  /** A transfer of `aws s3` failed. */
  transferFailed: 1,
  /** `aws s3` left something out that it could not read. */
  skipped: 2,
  /** What the user typed is wrong. */
  usage: 252,
  /** Credentials or a setting are missing. */
  configuration: 253,
  /** The service refused. */
  service: 254,
  general: 255,
} as const

export class Failure extends Error {
  override readonly name: string = 'Failure'
  readonly exitCode: number
  /** What the CLI adds when the failure ends the whole command. */
  readonly advice: string | undefined
  constructor(message: string, exitCode: number = exitCodes.general) {
    super(message)
    this.exitCode = exitCode
  }
}

/** A word of the command line that this command does not know, or does not have. */
export function wrongUsage(message: string): Failure {
  return new Failure(
    `
usage: aws [options] <command> <subcommand> [<subcommand> ...] [parameters]
To see help text, you can run:

  aws help
  aws <command> help
  aws <command> <subcommand> help

aws: error: ${message}`,
    exitCodes.usage,
  )
}

export function notSupplied(what: string): Failure {
  return wrongUsage(`${what} is not part of the aws command that openbatch supplies; put the AWS CLI into the image`)
}

/** The service answered with an error. */
export class ServiceError extends Failure {
  override readonly name = 'ServiceError'
  readonly code: string
  readonly status: number
  constructor(code: string, operation: string, message: string, status: number) {
    super(`An error occurred (${code}) when calling the ${operation} operation: ${message}`, exitCodes.service)
    this.code = code
    this.status = status
  }
}

export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
