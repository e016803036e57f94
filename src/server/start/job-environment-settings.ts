/** Variables that the operator gives to the containers of all jobs, or of those on one compute environment. */
import { type Static, Type } from 'typebox'
import { isReserved } from '../../core/workload/container/environment-variables.ts'
import { limits } from '../../model/limits.ts'

const Variables = Type.Record(
  Type.String({ pattern: '^[A-Za-z_][A-Za-z0-9_]*$' }),
  Type.String({ maxLength: limits.operatorVariableLength, pattern: '^[^\\0]*$' }),
  { additionalProperties: false, maxProperties: limits.operatorVariables, default: {} },
)

export const jobEnvironmentSettings = {
  environment: {
    ...Variables,
    description:
      'variables of all jobs, by name; what a job sets itself wins. Every job can read them, so none is secret',
  } as typeof Variables,
  environmentOf: Type.Record(Type.String(), Variables, {
    description: 'the same for the jobs of a compute environment, by its name; they win over jobs.environment',
    default: {},
  }),
}

export interface JobEnvironmentSettings {
  readonly environment: Static<typeof Variables>
  readonly environmentOf: Static<typeof jobEnvironmentSettings.environmentOf>
}

/** What the schema cannot say. */
export function problemsOfJobEnvironment({ environment, environmentOf }: JobEnvironmentSettings): string[] {
  const ofEach = Object.entries(environmentOf).map(([name, variables]) => ({
    member: `environmentOf.${name}`,
    variables,
  }))
  return [{ member: 'environment', variables: environment }, ...ofEach].flatMap(({ member, variables }) =>
    Object.keys(variables)
      .filter(isReserved)
      .map((name) => `jobs.${member}: ${name} is a variable that AWS Batch sets`),
  )
}

/** The variables for a container of a job on this compute environment. */
export function jobEnvironment(
  { environment, environmentOf }: JobEnvironmentSettings,
  computeEnvironment: string,
): Readonly<Record<string, string>> {
  return Object.hasOwn(environmentOf, computeEnvironment)
    ? { ...environment, ...environmentOf[computeEnvironment] }
    : environment
}
