"""The mechanism shared by Perennial's services; see the README beside it."""
