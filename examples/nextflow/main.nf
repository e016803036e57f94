// Squares each number as a child of one array job, and adds the squares up.
process SQUARE {
  array 3
  input:
  val number
  output:
  path 'square.txt'
  script:
  """
  echo \$(( ${number} * ${number} )) > square.txt
  """
}

process TOTAL {
  input:
  path 'square'
  output:
  stdout
  script:
  """
  cat square* | awk '{ sum += \$1 } END { print "the sum is " sum }'
  """
}

workflow {
  SQUARE(Channel.of(1, 2, 3))
  TOTAL(SQUARE.out.collect()).view()
}
