// Where the state of a server is: a file, or a schema of a database.
#pragma once

#include <string>

namespace ingot::state {

struct Place {
  std::string where;     ///< a file, or the URL of a database (postgresql://…)
  std::string server;    ///< its name, of which a database makes the name of the schema
  std::string password;  ///< for the database; "": libpq looks for one (PGPASSFILE, service file)
};

}  // namespace ingot::state
