/**
 * GetCallerIdentity: who the caller is. `aws sts get-caller-identity` and most workflow engines ask
 * this first.
 */

import { userArn } from '../../../access/principal.ts'
import { defineOperation } from '../../operation.ts'

export const getCallerIdentity = defineOperation('sts', 'GetCallerIdentity', {
  needsNoPermission: true,
  resource: () => '*',
  handle(_input, { principal, backend }) {
    const { userId, name } = principal
    return { UserId: userId, Account: backend.account, Arn: userArn(backend.account, name) }
  },
})
