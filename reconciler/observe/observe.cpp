#include "reconciler/observe/observe.hpp"
