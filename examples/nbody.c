/* The Sun and its four giant planets, step by step.
 *
 *   nbody [YEARS]
 *
 * Leapfrog integration with a step of a hundredth of a year. What stays the same in nature, the energy, shows how good
 * the computation is: it should keep its first digits for ever.
 */

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

enum { BODIES = 5, STEPS_PER_YEAR = 100 };

/* Astronomical units, years, solar masses: the gravitational constant is 4 pi^2. */
static const double G = 39.47841760435743;

struct vector {
    double x, y, z;
};

struct body {
    const char *name;
    double mass;
    struct vector position, velocity, acceleration;
};

/* Circular orbits at the planets' mean distances, each a little tilted, starting in different directions. */
static struct body bodies[BODIES] = {
    {.name = "Sun", .mass = 1.0},
    {.name = "Jupiter", .mass = 9.548e-4, .position = {5.203, 0, 0.1}},
    {.name = "Saturn", .mass = 2.859e-4, .position = {0, 9.537, -0.4}},
    {.name = "Uranus", .mass = 4.366e-5, .position = {-19.19, 0, 0.2}},
    {.name = "Neptune", .mass = 5.151e-5, .position = {0, -30.07, 0.9}},
};

static double length(struct vector v)
{
    return sqrt(v.x * v.x + v.y * v.y + v.z * v.z);
}

static void start(void)
{
    struct vector drift = {0, 0, 0};
    for (int i = 1; i < BODIES; i++) {
        struct body *b = &bodies[i];
        double r = length(b->position), speed = sqrt(G / r);
        b->velocity = (struct vector){-b->position.y / r * speed, b->position.x / r * speed, 0};
        drift.x += b->mass * b->velocity.x;
        drift.y += b->mass * b->velocity.y;
    }
    /* The Sun moves against the planets, so that the whole stays where it is. */
    bodies[0].velocity = (struct vector){-drift.x, -drift.y, 0};
}

static void attract(void)
{
    for (int i = 0; i < BODIES; i++) bodies[i].acceleration = (struct vector){0, 0, 0};
    for (int i = 0; i < BODIES; i++) {
        for (int j = i + 1; j < BODIES; j++) {
            struct body *a = &bodies[i], *b = &bodies[j];
            struct vector d = {b->position.x - a->position.x, b->position.y - a->position.y,
                               b->position.z - a->position.z};
            double r = length(d), pull = G / (r * r * r);
            a->acceleration.x += d.x * pull * b->mass;
            a->acceleration.y += d.y * pull * b->mass;
            a->acceleration.z += d.z * pull * b->mass;
            b->acceleration.x -= d.x * pull * a->mass;
            b->acceleration.y -= d.y * pull * a->mass;
            b->acceleration.z -= d.z * pull * a->mass;
        }
    }
}

static void kick(double time)
{
    for (int i = 0; i < BODIES; i++) {
        bodies[i].velocity.x += bodies[i].acceleration.x * time;
        bodies[i].velocity.y += bodies[i].acceleration.y * time;
        bodies[i].velocity.z += bodies[i].acceleration.z * time;
    }
}

static void drift(double time)
{
    for (int i = 0; i < BODIES; i++) {
        bodies[i].position.x += bodies[i].velocity.x * time;
        bodies[i].position.y += bodies[i].velocity.y * time;
        bodies[i].position.z += bodies[i].velocity.z * time;
    }
}

static double energy(void)
{
    double sum = 0;
    for (int i = 0; i < BODIES; i++) {
        struct body *a = &bodies[i];
        double speed = length(a->velocity);
        sum += a->mass * speed * speed / 2;
        for (int j = i + 1; j < BODIES; j++) {
            struct vector d = {bodies[j].position.x - a->position.x, bodies[j].position.y - a->position.y,
                               bodies[j].position.z - a->position.z};
            sum -= G * a->mass * bodies[j].mass / length(d);
        }
    }
    return sum;
}

int main(int argc, char **argv)
{
    int years = argc == 2 ? atoi(argv[1]) : 1000;
    if (argc > 2 || years < 1 || years > 10000000) {
        fprintf(stderr, "usage: nbody [YEARS], 1 to 10000000\n");
        return 2;
    }
    double step = 1.0 / STEPS_PER_YEAR;
    start();
    attract();
    printf("year %8d  energy %.15e\n", 0, energy());
    for (int year = 1; year <= years; year++) {
        for (int i = 0; i < STEPS_PER_YEAR; i++) {
            kick(step / 2);
            drift(step);
            attract();
            kick(step / 2);
        }
        if (year == years || (years >= 10 && year % (years / 10) == 0)) {
            printf("year %8d  energy %.15e\n", year, energy());
        }
    }
    for (int i = 0; i < BODIES; i++) {
        struct body *b = &bodies[i];
        printf("%-8s %20.12f %20.12f %20.12f\n", b->name, b->position.x, b->position.y, b->position.z);
    }
    return 0;
}
