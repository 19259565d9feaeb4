"""What must be true of any stream and of any order of events: records that hypothesis makes up, and a state machine."""
