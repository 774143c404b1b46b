"""What is to be done: the request, the plan, plug-ins."""
