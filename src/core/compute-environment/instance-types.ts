/**
 * The instance types that a compute environment may name: bundles, families (`c5`) and types
 * (`c5.8xlarge`). They are recognised by their form, because new ones come every month (docs/aws
 * §10.3). https://docs.aws.amazon.com/batch/latest/userguide/instance-type-compute-table.html
 */
import { type Complaint, firstComplaint } from '../../model/complaint.ts'

const bundle = /^(optimal|default_x86_64|default_arm64)$/

/** Every family has a digit: `c5`, `m7i-flex`, `u-6tb1`, `p6-b200`. */
const family = /^(?=[^.]*[0-9])[a-z][a-z0-9]*(-[a-z0-9]+)*$/
const size = /^(nano|micro|small|medium|large|[0-9]*xlarge|metal(-[0-9]+xl)?)$/

export function isBundle(instanceType: string): boolean {
  return bundle.test(instanceType)
}

/** Where this text has brackets, the live service lists every existing type. */
export function checkInstanceTypes(instanceTypes: readonly string[] | undefined): Complaint {
  return firstComplaint(instanceTypes, (instanceType) =>
    isBundle(instanceType) || isFamilyOrType(instanceType)
      ? undefined
      : 'Instance type can only be one of [optimal, default_x86_64, default_arm64, ' +
        'families such as c5 or m7i-flex, types such as c5.8xlarge or m5.metal]',
  )
}

function isFamilyOrType(text: string): boolean {
  const [first = '', second, ...more] = text.split('.')
  return family.test(first) && (second === undefined || size.test(second)) && more.length === 0
}
