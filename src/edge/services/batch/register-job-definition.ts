/** https://docs.aws.amazon.com/batch/latest/APIReference/API_RegisterJobDefinition.html */
import { registerJobDefinition as register } from '../../../core/job-definition/decide.ts'
import { definitionConditionValues } from '../../../core/workload/condition-values.ts'
import { arn } from '../../../model/arn.ts'
import { defineOperation } from '../../operation.ts'
import { execute } from './execute.ts'

export const registerJobDefinition = defineOperation('batch', 'RegisterJobDefinition', {
  resource: (input, { backend }) => arn(backend, 'job-definition', input.jobDefinitionName),
  conditionValues: definitionConditionValues,
  handle: (input, context) => execute(context, 'RegisterJobDefinition', register(input, context.principal.name)),
})
