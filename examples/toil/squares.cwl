cwlVersion: v1.2
class: Workflow
doc: Squares numbers, each in a job of its own, and adds them up.
requirements:
  ScatterFeatureRequirement: {}
inputs:
  numbers: int[]
outputs:
  sum:
    type: File
    outputSource: total/sum
steps:
  square:
    scatter: number
    in: { number: numbers }
    out: [result]
    run:
      class: CommandLineTool
      requirements:
        ResourceRequirement: { coresMin: 1, ramMin: 256 }
      baseCommand: [sh, -c, 'echo $(($0 * $0))']
      inputs:
        number: { type: int, inputBinding: { position: 1 } }
      outputs:
        result: stdout
      stdout: square.txt
  total:
    in: { squares: square/result }
    out: [sum]
    run:
      class: CommandLineTool
      requirements:
        ResourceRequirement: { coresMin: 1, ramMin: 256 }
      baseCommand: [awk, '{ sum += $1 } END { print sum }']
      inputs:
        squares: { type: 'File[]', inputBinding: { position: 1 } }
      outputs:
        sum: stdout
      stdout: sum.txt
