/** https://docs.aws.amazon.com/batch/latest/APIReference/API_RegisterJobDefinition.html */
import { registerJobDefinition as register } from '../../../core/job-definition/decide.ts'
import { definitionConditionValues } from '../../../core/workload/condition-values.ts'
import { passedRoles } from '../../../core/workload/passed-roles.ts'
import { registryCredentials } from '../../../core/workload/registry-credentials.ts'
import { arn } from '../../../model/arn.ts'
import { defineOperation } from '../../operation.ts'
import { execute } from './execute.ts'
import { mayReachHost, reachHost } from './host-reach.ts'
import { passRole, refusedRole } from './pass-role.ts'
import { refusedSecret, useSecret } from './registry-secrets.ts'

export const registerJobDefinition = defineOperation('batch', 'RegisterJobDefinition', {
  resource: (input, { backend }) => arn(backend, 'job-definition', input.jobDefinitionName),
  conditionValues: definitionConditionValues,
  alsoAsks: [passRole, reachHost, useSecret],
  handle(input, context) {
    const refused = refusedRole(context, passedRoles(input)) ?? refusedSecret(context, registryCredentials(input))
    if (refused) return refused
    const reachesHost = mayReachHost(context, arn(context.backend, 'job-definition', input.jobDefinitionName))
    return execute(context, 'RegisterJobDefinition', register(input, context.principal.name, reachesHost))
  },
})
