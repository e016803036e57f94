/** https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_GetParameters.html */
import type { Parameter } from '../../../model/generated/ssm.ts'
import { limits } from '../../../model/limits.ts'
import { isRefusal } from '../../../model/refusal.ts'
import { defineOperation } from '../../operation.ts'
import { parameterAsked, parameterResource, refusal, shownParameter } from './parameter.ts'

export const getParameters = defineOperation('ssm', 'GetParameters', {
  // A request with none or too many is refused by the handler, and no policy is asked about each.
  resource: ({ Names }, { backend }) =>
    Names.length === 0 || Names.length > limits.parametersAtOnce
      ? '*'
      : [...new Set(Names.map((name) => parameterResource(name, backend)))],
  givesRights: true,
  handle({ Names, WithDecryption }, { backend }) {
    const { parametersAtOnce: most } = limits
    if (Names.length === 0 || Names.length > most) {
      const bound = Names.length === 0 ? 'greater than or equal to 1' : `less than or equal to ${most}`
      const text = `Value '[${Names.join(', ').slice(0, 100)}]' at 'names' failed to satisfy constraint: Member must have length ${bound}`
      return refusal('ValidationException', `1 validation error detected: ${text}`)
    }
    const Parameters: Parameter[] = []
    const InvalidParameters: string[] = []
    for (const name of new Set(Names)) {
      const asked = parameterAsked(name, backend)
      if (isRefusal(asked)) InvalidParameters.push(name)
      else Parameters.push(shownParameter(asked, backend, WithDecryption))
    }
    return { Parameters, InvalidParameters }
  },
})
