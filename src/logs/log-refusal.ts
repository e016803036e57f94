/** CloudWatch Logs' answers to a client's mistakes, in its own words. */
import type { Refusal, RefusalCode } from '../model/refusal.ts'

function logRefusal(code: RefusalCode, message: string): Refusal {
  return { kind: 'refusal', code, message }
}

export const noSuchGroup = () => logRefusal('ResourceNotFoundException', 'The specified log group does not exist.')
export const noSuchStream = () => logRefusal('ResourceNotFoundException', 'The specified log stream does not exist.')
export const groupIsThere = () => logRefusal('ResourceAlreadyExistsException', 'The specified log group already exists')
export const streamIsThere = () =>
  logRefusal('ResourceAlreadyExistsException', 'The specified log stream already exists')
export const limitReached = (message: string) => logRefusal('LimitExceededException', message)
export const operationAborted = () =>
  logRefusal(
    'OperationAbortedException',
    'A conflicting operation is currently in progress against this resource. Please try again.',
  )
export const rateExceeded = () => logRefusal('ThrottlingException', 'Rate exceeded')
export const badToken = () => invalidParameter('The specified nextToken is invalid.')
export const badFilterPattern = () => invalidParameter('Invalid filter pattern')

export function invalidParameter(message: string): Refusal {
  return logRefusal('InvalidParameterException', message)
}
