"""Squares the numbers from 1 to 3, each in a job of its own, and adds them up."""
from metaflow import FlowSpec, batch, retry, step, current


class Squares(FlowSpec):
    @step
    def start(self):
        self.numbers = [1, 2, 3]
        self.next(self.square, foreach="numbers")

    @retry(times=1, minutes_between_retries=0)
    @batch(cpu=1, memory=1024, image="python:3.11")
    @step
    def square(self):
        if self.input == 2 and current.retry_count == 0:
            raise RuntimeError("this attempt fails on purpose")
        print(f"{self.input} squared is {self.input ** 2}")
        self.result = self.input**2
        self.next(self.join)

    @step
    def join(self, inputs):
        self.total = sum(each.result for each in inputs)
        self.next(self.end)

    @step
    def end(self):
        print(f"the total is {self.total}")


if __name__ == "__main__":
    Squares()
