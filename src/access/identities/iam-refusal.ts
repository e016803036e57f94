/**
 * Why IAM does not do what it was asked, as a value with AWS's code, status and text (docs/aws
 * §14.4).
 * https://docs.aws.amazon.com/IAM/latest/APIReference/CommonErrors.html
 */
import type { IamErrorCode, Refusal } from '../../model/refusal.ts'

const httpStatuses = {
  NoSuchEntity: 404,
  EntityAlreadyExists: 409,
  DeleteConflict: 409,
  LimitExceeded: 409,
  InvalidInput: 400,
  ValidationError: 400,
  MalformedPolicyDocument: 400,
  PasswordPolicyViolation: 400,
  UnmodifiableEntity: 400,
} as const satisfies Record<IamErrorCode, number>

export interface IamRefusal extends Refusal {
  readonly code: IamErrorCode
}

export function iamRefusal(code: IamErrorCode, message: string): IamRefusal {
  return { kind: 'refusal', code, message, httpStatus: httpStatuses[code] }
}

/** `The user with name ada cannot be found.` */
export function noSuch(kind: string, name: string): IamRefusal {
  return iamRefusal('NoSuchEntity', `The ${kind} with name ${name} cannot be found.`)
}

export function noPolicy(arn: string): IamRefusal {
  return iamRefusal('NoSuchEntity', `Policy ${arn} was not found.`)
}

export function noVersion(arn: string, versionId: string): IamRefusal {
  return iamRefusal('NoSuchEntity', `Policy ${arn} version ${versionId} does not exist or is not attachable.`)
}

export function noSuchKey(accessKeyId: string): IamRefusal {
  return iamRefusal('NoSuchEntity', `The Access Key with id ${accessKeyId} cannot be found.`)
}

/** `Cannot exceed quota for AccessKeysPerUser: 2` */
export function quotaExceeded(quota: string, most: number): IamRefusal {
  return iamRefusal('LimitExceeded', `Cannot exceed quota for ${quota}: ${most}`)
}

/** What IAM's front says of a value before the service sees it. */
export function invalidValue(member: string, constraint: string, value?: string): IamRefusal {
  const shown = value === undefined ? 'Value' : `Value '${value}'`
  const text = `1 validation error detected: ${shown} at '${member}' failed to satisfy constraint: Member must ${constraint}`
  return iamRefusal('ValidationError', text)
}
