/** GetCallerIdentity: who the caller is, as `aws sts get-caller-identity` and most workflow engines ask first. */
import { userArn } from '../../../access/principal.ts'
import { defineOperation } from '../../operation.ts'

export const getCallerIdentity = defineOperation('sts', 'GetCallerIdentity', {
  resource: () => '*',
  handle(_input, { principal, services }) {
    const { userId, name } = principal
    return { UserId: userId, Account: services.account, Arn: userArn(services.account, name) }
  },
})
