/** https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_GetParameter.html */
import { isRefusal } from '../../../model/refusal.ts'
import { defineOperation } from '../../operation.ts'
import { parameterAsked, parameterResource, shownParameter } from './parameter.ts'

export const getParameter = defineOperation('ssm', 'GetParameter', {
  resource: ({ Name }, { backend }) => parameterResource(Name, backend),
  givesRights: true,
  handle({ Name, WithDecryption }, { backend }) {
    const asked = parameterAsked(Name, backend)
    return isRefusal(asked) ? asked : { Parameter: shownParameter(asked, backend, WithDecryption) }
  },
})
