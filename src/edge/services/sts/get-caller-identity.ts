/**
 * GetCallerIdentity: who the caller is. `aws sts get-caller-identity` and most workflow engines ask
 * this first.
 */

import { principalArn, principalUserId } from '../../../access/principal.ts'
import { defineOperation } from '../../operation.ts'

export const getCallerIdentity = defineOperation('sts', 'GetCallerIdentity', {
  needsNoPermission: true,
  resource: () => '*',
  handle(_input, { principal, backend }) {
    const { account } = backend
    return { UserId: principalUserId(principal), Account: account, Arn: principalArn(account, principal) }
  },
})
