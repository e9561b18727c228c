#include "reconciler/apply/apply.hpp"
