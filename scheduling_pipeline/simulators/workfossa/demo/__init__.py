"""The demo's accounts: their orders come, change and are completed as the simulated clock goes on.

The orders are a function of the seed and the instant alone. Two owners are at work, one with some 50 open
orders and one with some 100. Their orders are planned by the week: those whose visits are in the week of a
Monday W live thus, in New York time, on these instants, for each of the two owners:

| when                         | what happens to the orders of week W                                       |
|------------------------------|----------------------------------------------------------------------------|
| Monday of W-4, 07:40         | added: two in three of them come                                           |
| Wednesday of W-4, 13:05      | added: the others come                                                     |
| Friday of W-3, 09:30         | removed: one is gone for good                                              |
| Wednesday of W-2, 10:40      | swapped: two exchange the days of their visits                             |
| Thursday of W-2, 14:15       | replaced: one is gone, another has its visit on that day at another store   |
| Tuesday of W-1, 11:20        | moved: one gets another day of its week                                    |
| each day of W, 16:45         | completed: the day's visits are finished                                   |

A completed order is closed after three days and is not to be seen any more after eight weeks. So, when the
demo starts, on a Monday, orders are added at 07:40 and completed at 16:45; the first move is on Tuesday at
11:20, the first swap on Wednesday at 10:40, the first replacement on Thursday at 14:15, and the first removal
on Friday at 09:30. The page `/demo` tells which orders these are.

Two more accounts have 101 and exactly 100 orders, to which nothing happens.
"""

from scheduling_pipeline.simulators.workfossa.demo.orders import DemoOrders

__all__ = ["DemoOrders"]
