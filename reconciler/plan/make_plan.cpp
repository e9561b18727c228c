#include "reconciler/plan/make_plan.hpp"
