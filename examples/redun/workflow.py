"""Squares the numbers from 0 to 5, each in a job of its own, and adds them up."""
from redun import task

redun_namespace = "squares"


@task(executor="batch", vcpus=1, memory=0.25)
def square(number: int) -> int:
    print(f"{number} squared is {number ** 2}")
    return number**2


@task()
def total(numbers: list[int]) -> int:
    return sum(numbers)


@task()
def main(count: int = 6) -> int:
    return total([square(number) for number in range(count)])
