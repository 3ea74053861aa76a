"""Buy till you die: repeat purchases and their value from three or four numbers a customer, in a blink."""
