#include "reconciler/cli/run.hpp"

int main(int argc, char** argv) { return ingot::run(argc, argv); }
