// Upgrades the state file that is its argument to a format that is the test's own, the one after the product's newest.
#include <iostream>

#include "schema/error.hpp"
#include "schema/exit_code.hpp"
#include "state/engine/sqlite.hpp"
#include "state/upgrade.hpp"

int main(int count, char** words) {
  if (count != 2) return ingot::exit_usage;
  const ingot::state::Upgrades to_next{
      {ingot::state::newest_format(ingot::state::product_upgrades()) + 1,
       "ALTER TABLE image ADD COLUMN colour TEXT NOT NULL DEFAULT 'grey'; UPDATE image SET colour = 'green'"}};
  try {
    ingot::state::Database database(ingot::state::open_sqlite(words[1], ingot::state::OpenMode::read_write));
    ingot::state::upgrade(database, to_next);
  } catch (const ingot::Error& error) {
    std::cerr << error.what() << "\n";
    return ingot::exit_code_of(error.fault());
  }
  return ingot::exit_done;
}
