cwlVersion: v1.2
class: Workflow
doc: Trims the reads of each sample in a job of its own, counts the k-mers of all, and gathers everything in one table.
requirements:
  ScatterFeatureRequirement: {}
inputs:
  reads: File[]
outputs:
  report:
    type: File
    outputSource: report/table
steps:
  trim:
    scatter: reads
    in: { reads: reads }
    out: [trimmed, stats]
    run:
      class: CommandLineTool
      id: trim-reads
      requirements:
        ResourceRequirement: { coresMin: 1, ramMin: 512 }
      baseCommand: [fastq, trim]
      inputs:
        reads: { type: File, inputBinding: { position: 1 } }
      arguments:
        - { valueFrom: $(inputs.reads.basename), position: 2 }
      outputs:
        trimmed: { type: File, outputBinding: { glob: $(inputs.reads.basename) } }
        stats: stdout
      stdout: $(inputs.reads.nameroot).tsv
  kmers:
    in: { trimmed: trim/trimmed }
    out: [counts]
    run:
      class: CommandLineTool
      id: count-kmers
      requirements:
        # Too little. Toil tries a second time with its default memory.
        ResourceRequirement: { coresMin: 1, ramMin: 2048 }
      baseCommand: [fastq, kmers]
      inputs:
        trimmed: { type: 'File[]', inputBinding: { position: 1 } }
      outputs:
        counts: stdout
      stdout: kmers.tsv
  report:
    in: { kmers: kmers/counts, stats: trim/stats }
    out: [table]
    run:
      class: CommandLineTool
      id: make-report
      requirements:
        ResourceRequirement: { coresMin: 1, ramMin: 512 }
      baseCommand: [fastq, report]
      inputs:
        kmers: { type: File, inputBinding: { position: 1 } }
        stats: { type: 'File[]', inputBinding: { position: 2 } }
      outputs:
        table: stdout
      stdout: report.tsv
