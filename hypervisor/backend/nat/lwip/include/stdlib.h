// lwIP has it for names of interfaces, which nobody looks up here.
int atoi(const char *text);
